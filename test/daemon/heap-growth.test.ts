import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';

/** What a process says on standard error that sets a flag of the engine. */
async function saidBy(script: string): Promise<string> {
  const args = ['--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args)).stderr;
}

it('is a flag that this engine knows: of another one it says so', async () => {
  const module = pathToFileURL(join(repositoryRoot, 'dist/lib/daemon/heap-growth.js'));
  expect(await saidBy(`import { setHeapGrowth } from '${module}'; setHeapGrowth();`)).toBe('');
  const unknown = `import { setFlagsFromString } from 'node:v8'; setFlagsFromString('--no-such=1');`;
  expect(await saidBy(unknown)).toContain('unrecognized flag');
});
