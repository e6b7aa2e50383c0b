import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import Simulate from '../../src/commands/simulate.js';
import { repositoryRoot } from '../support/tools.js';
import { BareServer } from './bare-server.js';

let server: BareServer;

beforeEach(async () => {
  server = await BareServer.listen();
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await server.close();
});

/** What the command wrote, and its exit code. */
async function run(...argv: string[]): Promise<{ out: string; err: string; code: unknown }> {
  const output = { out: '', err: '' };
  const keep = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    output[name] += text.toString();
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(keep('err'));
  await Simulate.run(argv, repositoryRoot);
  vi.restoreAllMocks();
  return { ...output, code: process.exitCode ?? 0 };
}

const quick = ['--autostart', '--captures', '1', '--frames', '20', '--speed', '100'];

it('prints one row for each capture', async () => {
  const { out, err, code } = await run('--url', server.url, '--devices', '2', ...quick);
  expect(code).toBe(0);
  const rows = out.trim().split('\n');
  expect(rows[0]).toMatch(/^PHONE +CAPTURE +FRAMES +PACKETS/);
  expect(rows.slice(1).map((row) => row.split(/\s+/).slice(0, 4))).toEqual([
    ['sim-1', '1', '20', '21'],
    ['sim-2', '1', '20', '21'],
  ]);
  expect(err).toContain('2 phones connected');
});

it('prints the report, and nothing else on stdout, as JSON', async () => {
  const faults = ['--drop', '20%', '--repeat', '0.2', '--garbage', '.1', '--delay', '10%:1s'];
  const more = ['--clock-jump', '1s:-2h', '--early-frames', '2', '--model', 'Pixel 6a'];
  const { out, code } = await run('--url', server.url, '--json', ...quick, ...faults, ...more);
  const connection = await server.connection();
  await connection.untilClosed();
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    url: server.url,
    seed: 1,
    devices: [
      {
        name: 'sim-1',
        model: 'Pixel 6a',
        connection: { end: 'finished' },
        captures: [{ sha256: connection.sha256, packets: connection.packets.length }],
      },
    ],
  });
});

it('ends with 1 when nobody listens, and with 2 for flags that it does not understand', async () => {
  const { url } = server;
  await server.close();
  const refused = await run('--url', url);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/nothing listens on port \d+\.\n {2}Start the daemon there first/);
  for (const flags of [
    ['--drop', '2'],
    ['--delay', '5%'],
    ['--clock-jump', '2h'],
    ['--speed', '0'],
    ['--url', 'http://x'],
  ]) {
    expect((await run(...flags)).code).toBe(2);
  }
  server = await BareServer.listen();
});

it('ends with 5 when a connection breaks', async () => {
  const simulation = run('--url', server.url);
  const connection = await server.connection();
  await connection.until(({ messages }) => messages.length >= 2);
  await server.close();
  expect((await simulation).code).toBe(5);
  server = await BareServer.listen();
});

it('ends in good order on SIGINT', async () => {
  const simulation = run('--url', server.url, '--autostart', '--speed', '20');
  const connection = await server.connection();
  await connection.until(({ packets }) => packets.length >= 3);
  process.emit('SIGINT');
  expect((await simulation).code).toBe(0);
  await connection.untilClosed();
  expect(connection.statuses.at(-1)).toBe('capture_stopped');
});
