#!/usr/bin/env node
import { execute } from '@oclif/core/execute';

// Stacks are shown where they are asked for; reading source maps would slow every start.
if (process.env.CAMREC_DEBUG || process.env.DEBUG) process.setSourceMapsEnabled(true);

await execute({ dir: import.meta.url });
