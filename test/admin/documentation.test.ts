import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adminMethods } from '../../src/lib/admin/methods.js';
import * as limits from '../../src/lib/admin/server.js';
import { repositoryRoot } from '../support/tools.js';
import { device, FakeDaemon, session } from './fake-daemon.js';

const read = (page: string) => readFileSync(join(repositoryRoot, page), 'utf8');
const text = read('docs/admin.md');

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

it('docs/cli.md tells of every field of a status', async () => {
  const daemon = new FakeDaemon();
  const status = { ...(await daemon.status()), devices: [device('bench-1')] };
  const [, section = ''] = read('docs/cli.md').split(/^## `status`$/m);
  const [example = ''] = /^```json\n.*?^```$/ms.exec(section) ?? [];
  const documented = [...example.matchAll(/"(\w+)":/g)].map(([, name]) => name);
  const [first] = status.devices;
  const known = [status, status.daemon, first ?? {}].flatMap((one) => Object.keys(one));
  expect(documented.sort()).toEqual(known.sort());
});

it('docs/cli.md tells of every field of a session, and of no other', () => {
  const [, table = ''] = read('docs/cli.md').split(/^\*\*S\*\*, a session:$/m);
  const rows = (table.split(/\n\n(?!\|)/)[0] ?? '').matchAll(/^\| (`.+?) \|/gm);
  const documented = [...rows].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(documented.sort()).toEqual(Object.keys(session('bench-1_1')).sort());
});
