#!/usr/bin/env node
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';

// A container may run under a number that nobody has. Libraries take a home and a shell for granted, the first while they
// are loaded.
if (!process.env.HOME || !process.env.SHELL) {
  try {
    userInfo();
  } catch {
    process.env.HOME ||= '/';
    process.env.SHELL ||= 'unknown';
  }
}

// Stacks are shown where they are asked for; reading source maps would slow every start.
if (process.env.CAMREC_DEBUG || process.env.DEBUG) process.setSourceMapsEnabled(true);

// A file that meets `ulimit -f` fails the call that writes to it. Node ignores the signal for that, which would end the
// process, only until a library has listened for it: after the first ffmpeg no more.
process.on('SIGXFSZ', () => {});

// A result that could not be written whole, as on a full disk, is a failure. A reader that has gone is none.
process.stdout.prependListener('error', (error) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`Error: The output cannot be written: ${error.message}.\n`);
  process.exit(1);
});

const { execute } = await import('../dist/oclif/execute.js');
// There are no plugins of users. To look for them is to read the home directory, and to warn where that is not allowed: as a
// service, or as another user with the variables of the first.
await execute({ loadOptions: { root: fileURLToPath(import.meta.url), userPlugins: false } });
