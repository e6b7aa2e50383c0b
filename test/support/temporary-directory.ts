/** A directory for one test, removed after it whatever it holds. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'camrec-test-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
