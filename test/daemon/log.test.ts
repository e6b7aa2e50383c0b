import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtRoot } from '../cli/manifest.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const log = pathToFileURL(join(builtRoot, 'dist/lib/daemon/log.js')).href;

/** A program that logs in `format` and then does `work`. */
function program(format: 'json' | 'pretty', work: string, level = 'info'): string[] {
  const source = `
    const { openLog } = await import(${JSON.stringify(log)});
    const { logger, print, settled } = await openLog({ level: '${level}', format: '${format}', colour: false });
    ${work}
  `;
  return ['--input-type=module', '--eval', source];
}

it('has one line for each event, whatever a phone calls itself', async () => {
  const work =
    "logger.info({ event: 'device.connected' }, 'x\\n[20:00:00] INFO: forged\\u001b[2J connected');";
  const { stderr } = await promisify(execFile)(process.execPath, program('pretty', work));
  expect(stderr).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: x·\[20:00:00\] INFO: forged·\[2J connected\n$/);
});

it.each([
  [{ FORCE_COLOR: '1', NO_COLOR: undefined }, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('has colours where every other command has them, with %j', async (env, isColoured) => {
  const root = await temporaryDirectory();
  const args = ['serve', '--host', '127.0.0.1', '--port', '0', '--log-format', 'pretty'];
  const serve = spawn(process.execPath, [join(builtRoot, 'bin/run.js'), ...args], {
    env: {
      ...process.env,
      CAMREC_DIR: join(root, 'r'),
      CAMREC_RUNTIME_DIR: join(root, 'run'),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(serve, 'exit');
  try {
    let text = '';
    for await (const chunk of serve.stderr) {
      text += String(chunk);
      if (text.includes('phones connect to')) break;
    }
    expect(/\u001b\[\d+m/.test(text)).toBe(isColoured);
  } finally {
    serve.kill('SIGKILL');
    await exited;
  }
});

it.each([
  ['when it is settled', 'await settled(10_000);', (lines: string[]) => lines],
  // A thread may be writing the first one while the process writes the others.
  ['though the process ends at once', 'process.exit(0);', (lines: string[]) => lines.sort()],
])('has what is logged and what is printed, %s', async (_, end, ordered) => {
  const work = `logger.info({}, '1'); print('2'); logger.warn({}, '3'); ${end}`;
  const { stderr } = await promisify(execFile)(process.execPath, program('pretty', work));
  const lines = [...stderr.matchAll(/^(?:\[.*?\] \w+: )?(.*)\n/gm)].map(([, said = '']) => said);
  expect(ordered(lines)).toEqual(['1', '2', '3']);
});

it('holds nothing up while nobody reads it, and tells how much was lost', async () => {
  const lines = 20_000;
  const work = `
    for (let i = 0; i < ${lines}; i++) logger.error({ event: 'line', padding: '${'x'.repeat(60)}' }, 'line ' + i);
    process.stdout.write('still here\\n');
    await settled(10_000);
  `;
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    program('json', work, 'error'),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [said] = await once(child.stdout, 'data');
  expect(String(said)).toBe('still here\n');
  const events = (await text(child.stderr))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const kept = events.filter(({ event }) => event === 'line').length;
  const lost = events.filter(({ event }) => event === 'log.lost');
  expect(kept).toBeLessThan(lines);
  expect(lost.reduce((sum, { lines }) => sum + lines, kept)).toBe(lines);
});

it.skipIf(!existsSync('/dev/full'))('goes on where the disk under it is full', async () => {
  const work = `
    for (let i = 0; i < 3; i++) {
      logger.info({ event: 'line' }, 'line');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.stdout.write('still here\\n');
  `;
  for (const format of ['json', 'pretty'] as const) {
    const child = spawn(process.execPath, program(format, work), {
      stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')],
    });
    const [said, [code]] = await Promise.all([text(child.stdout as Readable), once(child, 'exit')]);
    expect([said, code]).toEqual(['still here\n', 0]);
  }
});
