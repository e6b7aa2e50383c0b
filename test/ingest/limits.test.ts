/** Every limit stands in docs/limits.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as limits from '../../src/lib/ingest/limits.js';
import { repositoryRoot } from '../support/tools.js';

const text = await readFile(join(repositoryRoot, 'docs/limits.md'), 'utf8');

it.each(limits.PEER_LIMITS)('%s is documented', (limit) => {
  expect(text).toContain(`\`${limit}\``);
});

it.each(Object.keys(limits).filter((name) => name !== 'PEER_LIMITS'))(
  '%s is documented',
  (name) => {
    expect(text).toContain(`\`${name}\``);
  },
);
