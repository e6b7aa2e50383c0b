import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { withLock } from '../../src/lib/admin/lock-file.js';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { repositoryRoot } from '../support/tools.js';

const dead = JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1 });

it('is given back, also by work that fails', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'lock');
  expect(await withLock(path, async () => 'done')).toBe('done');
  const failing = withLock(path, async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await readdir(directory)).toEqual([]);
});

describe('of several processes', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
  });

  const modulePath = join(repositoryRoot, 'dist/lib/admin/lock-file.js');

  /** When told to: comes in, stays for a moment, leaves; writes down the coming and the leaving. */
  const worker = (directory: string) => `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const { withLock } = await import(${JSON.stringify(modulePath)});
    process.on('message', async () => {
      await withLock(${JSON.stringify(join(directory, 'lock'))}, async () => {
        appendFileSync(${JSON.stringify(join(directory, 'log'))}, 'in\\n');
        await sleep(5);
        appendFileSync(${JSON.stringify(join(directory, 'log'))}, 'out\\n');
      });
      process.send('done');
    });
    process.send('ready');`;

  it('one at a time is at work, a dead holder’s lock in the way', async () => {
    const directory = await temporaryDirectory();
    const script = join(directory, 'worker.mjs');
    await writeFile(script, worker(directory));
    for (let n = 0; n < 6; n += 1) children.push(fork(script));
    const answers = () => Promise.all(children.map((child) => once(child, 'message')));
    await answers();
    for (let round = 0; round < 12; round += 1) {
      await writeFile(join(directory, 'lock'), dead);
      const answered = answers();
      for (const child of children) child.send('go');
      await answered;
      const log = await readFile(join(directory, 'log'), 'utf8');
      expect(log, `round ${round}`).toBe('in\nout\n'.repeat(6));
      await rm(join(directory, 'log'));
    }
    expect(await readdir(directory)).toEqual(['worker.mjs']);
  });
});
