import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adminMethods } from '../../src/lib/admin/methods.js';
import * as limits from '../../src/lib/admin/server.js';
import { repositoryRoot } from '../support/tools.js';
import { FakeDaemon } from './fake-daemon.js';

const text = readFileSync(join(repositoryRoot, 'docs/admin.md'), 'utf8');

it('docs/admin.md tells of every method', () => {
  const missing = [...adminMethods(new FakeDaemon()).keys()].filter(
    (name) => !text.match(new RegExp(`^### .*\`${name}\``, 'm')),
  );
  expect(missing).toEqual([]);
});

it('docs/admin.md gives the limits as they are', () => {
  expect(text).toContain(`| one message to the daemon | ${limits.MAX_REQUEST_BYTES / 1024} KiB |`);
  expect(text).toContain(`| clients at once | ${limits.MAX_CLIENTS} |`);
  expect(text).toContain(`being answered at once | ${limits.MAX_PENDING_CALLS} |`);
  expect(text).toContain(`does not read | ${limits.MAX_UNSENT_BYTES / 1024 ** 2} MiB |`);
});
