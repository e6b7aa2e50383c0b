/**
 * Draws the frame rate of a recording in a few lines of text, gaps and clock faults under it.
 */
import { count, formatDuration, formatRate } from '../base/format.js';
import type { FrameRateChart, RateMark } from './frame-rate.js';

const HEIGHT = 6;

/** Eighths of a character cell, from the bottom. */
const BLOCKS = ['', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Pictures are not evenly spread over narrow bins: a column holds at least so many on average. */
const PICTURES_PER_COLUMN = 4;

/** A chart is drawn at least about so wide, where there is room. */
const USUAL_WIDTH = 60;

const GAP_MARK = 'x';
const CLOCK_MARK = '!';

/** Marks that are told in words; the others are only counted. */
const MARKS_IN_WORDS = 5;

/** The chart in at most `width` columns; nothing where there is nothing to draw. */
export function renderRateChart(chart: FrameRateChart, width: number): string {
  if (chart.durationMs === 0 || chart.fps.length < 2) return '';
  const pictures = (chart.fps.reduce((sum, fps) => sum + fps, 0) * chart.binMs) / 1000;
  const top = formatRate(Math.max(...chart.fps));
  const end = formatDuration(chart.durationMs);
  const room = Math.max(8, width - top.length - 2 - end.length - 1);
  const wanted = Math.max(2, Math.min(room, Math.floor(pictures / PICTURES_PER_COLUMN)));
  const averages = resample(chart.fps, wanted);
  // A short recording has few columns: each is drawn several characters wide.
  const stretch = Math.max(1, Math.floor(Math.min(room, USUAL_WIDTH) / averages.length));
  const columns = averages.flatMap((fps) => Array.from({ length: stretch }, () => fps));
  const highest = Math.max(...columns, 0.1);
  const label = (text: string) => text.padStart(top.length);
  const lines = Array.from({ length: HEIGHT }, (_, line) => {
    const name = line === 0 ? formatRate(highest) : line === HEIGHT - 1 ? '0' : '';
    const below = HEIGHT - 1 - line;
    const cells = columns.map((fps) => cell((fps / highest) * HEIGHT - below));
    return `${label(name)} │${cells.join('')}`.trimEnd();
  });
  const axis = `${label('fps')} └${'─'.repeat(columns.length)} ${end}`;
  const marks = markLine(chart, columns.length);
  const below = marks === '' ? [] : [`${label('')}  ${marks}`];
  return [...lines, axis, ...below, ...describeMarks(chart)].join('\n');
}

/** How much of one character is filled: `height` in characters above its bottom. */
function cell(height: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, height)) * 8);
  return BLOCKS[eighths] || ' ';
}

/** Averages of equal shares of `values`. */
function resample(values: readonly number[], wanted: number): number[] {
  const length = Math.min(wanted, values.length);
  return Array.from({ length }, (_, column) => {
    const from = Math.floor((column * values.length) / length);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / length));
    const share = values.slice(from, to);
    return share.reduce((sum, value) => sum + value, 0) / share.length;
  });
}

function markLine({ marks, durationMs }: FrameRateChart, width: number): string {
  const cells = Array.from({ length: width }, () => ' ');
  for (const { kind, atMs } of marks) {
    const column = Math.min(width - 1, Math.floor((atMs / durationMs) * width));
    // A clock fault is the rarer thing: a gap at the same place does not hide it.
    if (kind !== 'gap') cells[column] = CLOCK_MARK;
    else if (cells[column] !== CLOCK_MARK) cells[column] = GAP_MARK;
  }
  return cells.join('').trimEnd();
}

function describeMarks({ marks, moreMarks }: FrameRateChart): string[] {
  const lines = marks.slice(0, MARKS_IN_WORDS).map(describeMark);
  const rest = marks.length - lines.length + moreMarks;
  return rest > 0 ? [...lines, `  … and ${rest} more`] : lines;
}

function describeMark(mark: RateMark): string {
  const at = formatDuration(mark.atMs);
  if (mark.kind === 'gap') return `  ${GAP_MARK} at ${at}: ${count(mark.count, 'packet')} missing`;
  if (mark.kind === 'standstill') return `  ${CLOCK_MARK} at ${at}: the phone's clock stood still`;
  const by = formatDuration(mark.byMs);
  return `  ${CLOCK_MARK} at ${at}: the phone's clock jumped by ${by} in ${formatDuration(mark.realMs)}`;
}
