import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/tools.js';

/** What a process says on standard error that sets flags of the engine. */
async function saidBy(script: string): Promise<string> {
  const args = ['--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args)).stderr;
}

const module = pathToFileURL(join(repositoryRoot, 'dist/lib/base/engine-settings.js'));

describe('settings of the engine', () => {
  it.each(['settleForDaemon', 'settleForShortWork'])(
    'are flags that it knows: %s',
    async (name) => {
      expect(await saidBy(`import { ${name} } from '${module}'; ${name}();`)).toBe('');
    },
  );

  it('would be complained about if it did not know them', async () => {
    const unknown = `import { setFlagsFromString } from 'node:v8'; setFlagsFromString('--no-such=1');`;
    expect(await saidBy(unknown)).toContain('unrecognized flag');
  });
});
