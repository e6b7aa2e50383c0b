/** The limits of the pages stand in docs/monitor.md as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as limits from '../../src/lib/web/limits.js';
import { repositoryRoot } from '../support/tools.js';

const page = readFileSync(join(repositoryRoot, 'docs/monitor.md'), 'utf8');
const KIB = 1024;

it.each([
  ['viewers at once', String(limits.MAX_VIEWERS)],
  ['cameras watched by one', String(limits.MAX_WATCHED)],
  ['one message of a viewer', `${limits.MAX_VIEWER_MESSAGE_BYTES / KIB} KiB`],
  ['body of a request', `${limits.MAX_BODY_BYTES / KIB} KiB`],
  ['unsent to a viewer', `${limits.MAX_UNSENT_BYTES / KIB ** 2} MiB`],
  ['sessions in one answer', String(limits.MAX_SESSIONS)],
])('%s: %s', (limit, value) => {
  expect(page).toMatch(new RegExp(`^\\| ${limit} +\\| ${value} +\\|`, 'm'));
});

it('what is on its way to a viewer, and what it is shown from before', () => {
  const { MAX_UNCONFIRMED_PICTURES, MAX_UNCONFIRMED_BYTES, MAX_HISTORY } = limits;
  const bytes = `${MAX_UNCONFIRMED_BYTES / KIB ** 2} MiB`;
  expect(page).toContain(`at most a second, ${MAX_UNCONFIRMED_PICTURES} pictures or ${bytes}`);
  expect(page).toContain(`the latest ${MAX_HISTORY} events`);
});
