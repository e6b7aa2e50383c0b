/**
 * All at once, against a real process: peers that mean no good, and two honest cameras that must not feel it.
 */
import { expect, it } from 'vitest';
import { ATTACKS } from '../support/hostile-peers.js';
import { besiege, siegeFigures } from '../support/siege.js';

it('loses no frame of the honest, counts and logs every attack, and keeps its memory', async () => {
  const siege = await besiege({
    silent: 20,
    connections: 300,
    fragments: 20_000,
    packets: 300_000,
    hoarders: 0,
    patient: false,
  });
  console.info(siegeFigures(siege));
  for (const { sent, recorded } of siege.honest) {
    expect(recorded).toEqual({ ...sent, lost: 0 });
    expect(sent.frames).toBeGreaterThan(100);
  }
  for (const { name, counter } of ATTACKS) {
    if (counter === 'none' || counter === 'message-timeout' || counter === 'memory') continue;
    const count = [...siege.counted].find(([attack]) => attack.name === name)?.[1];
    expect(count, name).toBeGreaterThan(0);
    const [kind, reason] = counter.split(' ');
    const isLogged = siege.log.some((line) =>
      reason === undefined
        ? line.event === 'limit' && line['limit'] === kind
        : line.event === 'device.oddity' && String(line['kind']).includes(reason),
    );
    expect(isLogged, `${name} is logged`).toBe(true);
  }
  expect(siege.rssPeak - siege.rssBefore).toBeLessThan(250e6);
}, 90_000);
