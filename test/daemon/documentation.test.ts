/** Every metric and every event of the log stands in the docs as it is, and nothing else does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../src/lib/daemon/metrics.js';
import { repositoryRoot } from '../support/tools.js';

const page = readFileSync(join(repositoryRoot, 'docs/metrics.md'), 'utf8');

/** The text of a daemon in which everything that is counted by a label has happened. */
async function metricsText(): Promise<string> {
  const metrics = new Metrics({
    version: '1',
    cameras: () => ({ connected: 1, recording: 1 }),
    connections: () => 1,
    totals: () => ({ frames: 1, bytes: 1, lost: 1, late: 1, dropped: 1, rejected: 1 }),
    oddities: new Map(['rejected', 'ignored', 'unclaimed'].map((kind) => [`${kind} why`, 1])),
    limits: new Map([['memory', 1]]),
    ended: new Map([['complete stopped', 1]]),
    queuedBytes: () => 1,
    unsyncedMs: () => 1,
    unfinishedBytes: () => 1,
    overloadedSessions: () => 1,
    diskFreeBytes: () => 1,
    diskIsUsable: () => true,
  });
  const text = await metrics.text();
  metrics.close();
  return text;
}

it('docs/metrics.md tells of every metric, its type and its labels, and of no other', async () => {
  const text = await metricsText();
  const shown = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => {
    const [, labels = ''] = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text) ?? [];
    return { name, type, labels: [...labels.matchAll(/(\w+)=/g)].map(([, label]) => label) };
  });
  const rows = page.matchAll(/^\| `(\w+_\w+)` \| (\w+) \| (.*?) ?\| /gm);
  const documented = [...rows].map(([, name = '', type, labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect(documented.sort(byName)).toEqual(shown.sort(byName));
});

it('docs/logs.md tells of every event of the log, and of no other', () => {
  const library = join(repositoryRoot, 'src/lib');
  const texts = readdirSync(library, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(library, name), 'utf8'));
  const logged = texts.flatMap((text) =>
    [...text.matchAll(/\bevent: '([\w.-]+)'/g)].map(([, event = '']) => event),
  );
  const logs = readFileSync(join(repositoryRoot, 'docs/logs.md'), 'utf8');
  const rows = [...logs.matchAll(/^\| `([\w.-]+)` \| (?:trace|debug|info|warn|error)/gm)];
  const documented = rows.map(([, event = '']) => event);
  expect(documented.sort()).toEqual([...new Set(logged)].sort());
});
