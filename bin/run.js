#!/usr/bin/env node
import { execute } from '@oclif/core/execute';

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

await execute({ dir: import.meta.url });
