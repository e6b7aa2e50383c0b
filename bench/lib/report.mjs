// The results: one table for people, one JSON document for programs.
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';

/** Whether a row keeps its target; nothing where it has none. */
export function isMet({ value, atMost }) {
  return atMost === undefined ? undefined : value <= atMost;
}

export function machine() {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
  };
}

function number(value) {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

const VERDICT = { true: 'met', false: 'MISSED', undefined: '' };

/** `rows`: `{figure, name, value, unit, atMost?, note?}`. */
export function renderTable(rows) {
  const table = new Table({
    head: ['FIGURE', 'WHAT', 'VALUE', 'AT MOST', '', 'NOTE'],
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const limit = row.atMost === undefined ? '' : String(row.atMost);
    const value = `${number(row.value)} ${row.unit}`.trim();
    table.push([row.figure, row.name, value, limit, VERDICT[isMet(row)], row.note ?? '']);
  }
  return table.toString();
}

export function document(rows, size) {
  return {
    startedAt: new Date().toISOString(),
    size,
    machine: machine(),
    rows: rows.map((row) => ({ ...row, met: isMet(row) ?? null })),
  };
}
