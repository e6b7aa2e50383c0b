import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { renderColumns } from '../../src/lib/cli/columns.js';
import { displayWidth } from '../../src/lib/cli/display-width.js';
import { renderTable } from '../../src/lib/cli/table.js';
import { colourWanted, columnsOf, paint, redrawWanted } from '../../src/lib/cli/terminal.js';
import { distance } from '../../src/lib/cli/unknown-command.js';
import { frame } from '../../src/lib/cli/watch.js';

const terminal = { isTTY: true };
const file = {};

describe('colours', () => {
  it.each([
    ['on a terminal', terminal, {}, true],
    ['not in a file', file, {}, false],
    ['not with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['NO_COLOR counts only when it says something', terminal, { NO_COLOR: '' }, true],
    ['not on a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['where they are forced', file, { FORCE_COLOR: '1' }, true],
    ['NO_COLOR counts more', file, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('%s', (_name, stream, env, wanted) => {
    expect(colourWanted(stream, env)).toBe(wanted);
  });
});

it('colours are those of the stream that they are for, wherever stdout goes', () => {
  // Of a test stdout is no terminal.
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm');
  expect(paint('red', 'Error:', terminal)).toBe('\u001b[31mError:\u001b[39m');
  expect(paint('red', 'Error:', file)).toBe('Error:');
  vi.unstubAllEnvs();
});

describe('redrawing', () => {
  it.each([
    ['on a terminal', terminal, {}, true],
    ['not in a file', file, {}, false],
    ['not in CI', terminal, { CI: 'true' }, false],
    ['not on a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ])('%s', (_name, stream, env, wanted) => {
    expect(redrawWanted(stream, env)).toBe(wanted);
  });

  it('knows a width to fill', () => {
    expect([columnsOf({ columns: 132 }), columnsOf({ columns: 0 }), columnsOf({})]).toEqual([
      132, 80, 80,
    ]);
  });
});

describe.each([
  ['tables', renderTable],
  ['columns', renderColumns],
] as const)('%s', (_name, render) => {
  it('are columns set apart by spaces, numbers to the right', () => {
    const columns = [{ head: 'PHONE' }, { head: 'FRAMES', align: 'right' } as const];
    const rows = [
      ['bench-1', '9'],
      ['b', '1000'],
    ];
    expect(render(columns, rows)).toBe('PHONE    FRAMES\nbench-1       9\nb          1000');
  });

  it('pass no control characters of a phone on to the terminal', () => {
    expect(render([{ head: 'PHONE' }], [['a\u001b[2Jb\nc\u009b']])).toBe('PHONE\na·[2Jb·c·');
  });

  it('are a line for each value where rows would wrap more than once', () => {
    const columns = [{ head: 'PHONE' }, { head: 'FRAMES', align: 'right' } as const];
    const rows = [
      ['手机-of-the-bench', '9'],
      ['b\n', '10'],
    ];
    const table = render(columns, rows);
    const width = Math.max(...table.split('\n').map(displayWidth));
    for (const terminal of [{}, { columns: 0 }, { columns: Math.ceil(width / 2) }]) {
      expect(render(columns, rows, terminal)).toBe(table);
    }
    expect(render(columns, rows, { columns: Math.ceil(width / 2) - 1 })).toBe(
      'PHONE   手机-of-the-bench\nFRAMES  9\n\nPHONE   b·\nFRAMES  10',
    );
  });

  it('measure wide characters', () => {
    const text = render(
      [{ head: 'A' }, { head: 'B' }],
      [
        ['手机', 'x'],
        ['ab', 'y'],
      ],
    );
    expect(text.split('\n').slice(1)).toEqual(['手机  x', 'ab    y']);
  });
});

describe('what is redrawn', () => {
  const shown = (text: string, screen: { rows?: number; columns?: number }) =>
    frame(text, screen)
      .split('\n')
      .slice(0, -1)
      .map((line) => stripVTControlCharacters(line));

  it.each([
    ['all of it in a large window', { rows: 9, columns: 9 }, ['abcd', '', 'ef', 'g']],
    [
      'all of it in one that is just large enough',
      { rows: 5, columns: 9 },
      ['abcd', '', 'ef', 'g'],
    ],
    [
      'what has room above the cursor, and how much has none',
      { rows: 4, columns: 9 },
      ['abcd', '', '… and 2 more lines'],
    ],
    ['less where lines wrap', { rows: 4, columns: 2 }, ['abcd', '… and 3 more lines']],
    ['how much there is, at least', { rows: 2, columns: 9 }, ['… and 4 more lines']],
    ['all of it where the window does not tell', {}, ['abcd', '', 'ef', 'g']],
  ])('is %s', (_name, screen, lines) => {
    expect(shown('abcd\n\nef\ng', screen)).toEqual(lines);
  });
});

describe('the width of a text', () => {
  it.each([
    ['abc', 3],
    ['手机', 4],
    ['📱', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['–', 1],
    ['', 0],
  ])('%j', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('typing mistakes', () => {
  it.each([
    ['status', 'status', 0],
    ['statsu', 'status', 2],
    ['serv', 'serve', 1],
    ['', 'abc', 3],
  ])('%s for %s', (typed, meant, mistakes) => {
    expect(distance(typed, meant)).toBe(mistakes);
  });
});
