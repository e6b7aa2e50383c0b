// A project with nothing but oclif and one command that does nothing: what starting costs without us.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { ROOT } from './paths.mjs';

/** Makes the project in `directory`, with this repository's oclif and with a manifest. Gives the path of its program. */
export async function makeBareOclif(directory) {
  const write = (path, text) => writeFileSync(join(directory, path), text);
  mkdirSync(join(directory, 'bin'), { recursive: true });
  mkdirSync(join(directory, 'commands'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  write(
    'package.json',
    JSON.stringify({
      name: 'bare',
      version: '1.0.0',
      type: 'module',
      bin: { bare: 'bin/run.js' },
      oclif: {
        bin: 'bare',
        dirname: 'bare',
        commands: { strategy: 'pattern', target: './commands' },
      },
    }),
  );
  write(
    'bin/run.js',
    `import { execute } from '@oclif/core';
await execute({ dir: import.meta.url });
`,
  );
  write(
    'commands/hello.js',
    `import { Command } from '@oclif/core';
export default class Hello extends Command {
  static summary = 'Do nothing.';
  async run() { await this.parse(Hello); this.log('hello'); }
}
`,
  );
  const plugin = new Plugin({ root: directory, ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  write('oclif.manifest.json', JSON.stringify(plugin.manifest));
  return join(directory, 'bin/run.js');
}
