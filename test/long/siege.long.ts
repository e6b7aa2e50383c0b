/** The long form of the siege: ten thousand connections, a million fragments, and the patience that limits take. */
import { expect, it } from 'vitest';
import { besiege, siegeFigures } from '../support/siege.js';

const share = Number(process.env['CAMREC_LONG_SHARE'] ?? 1);

it(
  'siege: two honest cameras among ten thousand',
  async () => {
    const siege = await besiege({
      silent: 60,
      connections: Math.ceil(10_000 * share),
      fragments: 1_000_000,
      packets: 1_000_000,
      hoarders: 15,
      patient: true,
    });
    console.info(siegeFigures(siege));
    for (const { sent, recorded } of siege.honest) expect(recorded).toEqual({ ...sent, lost: 0 });
    for (const [{ name, counter }, count] of siege.counted) {
      if (counter !== 'none') expect(count, name).toBeGreaterThan(0);
    }
    // The bound of docs/limits.md on unfinished messages, and twice that for what is being taken in.
    expect(siege.rssPeak - siege.rssBefore).toBeLessThan(3 * 256 * 2 ** 20);
  },
  10 * 60_000,
);
