/**
 * The crash test in its short form; `node scripts/crash-test.mjs` is the long one, with 200 kills.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';

const run = promisify(execFile);

describe('the daemon, killed at random moments while three phones record', () => {
  // Tried again where something else on this machine held the daemon up for longer than it may lose.
  it('loses at most 250 ms of each, and everything else verifies', {
    retry: 2,
    timeout: 120_000,
  }, async () => {
    const script = join(repositoryRoot, 'scripts/crash-test.mjs');
    const { stdout } = await run(process.execPath, [script, '--kills', '3']);
    expect(stdout).toMatch(/3 kills, 9 sessions: lost at most \d+ ms/);
  });
});
