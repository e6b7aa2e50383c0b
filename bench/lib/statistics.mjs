// The few statistics that the figures need.

/** The value below which the given share of the values lies: nearest rank, so the 99th of fewer than 100 is the greatest. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values) => percentile(values, 0.5);

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Steepness of the straight line through points [x, y] that fits best. */
export function slope(points) {
  const meanX = sum(points.map(([x]) => x)) / points.length;
  const meanY = sum(points.map(([, y]) => y)) / points.length;
  const xy = sum(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return xy / sum(points.map(([x]) => (x - meanX) ** 2));
}
