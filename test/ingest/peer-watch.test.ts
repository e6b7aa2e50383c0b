import { beforeEach, describe, expect, it } from 'vitest';
import {
  IDENTIFY_TIMEOUT_MS,
  MESSAGE_TIMEOUT_MS,
  PING_EVERY_MS,
} from '../../src/lib/ingest/limits.js';
import { PeerWatch } from '../../src/lib/ingest/peer-watch.js';
import { UnfinishedBytes } from '../../src/lib/ingest/unfinished-bytes.js';
import { ManualClock } from '../support/manual-clock.js';

let clock: ManualClock;
let met: string[];
let details: string[];
let pings: number;
let unfinished: UnfinishedBytes;
let watch: PeerWatch;

beforeEach(() => {
  clock = new ManualClock();
  met = [];
  details = [];
  pings = 0;
  unfinished = new UnfinishedBytes(1_000_000);
  watch = new PeerWatch({
    clock,
    silenceMs: 15_000,
    unfinished,
    ping: () => {
      pings += 1;
      pong();
    },
    onLimit: (limit, detail) => {
      met.push(limit);
      details.push(detail);
      watch.close();
    },
  });
});

/** A pong without payload arrives. */
function pong() {
  watch.control(6);
  watch.received(6);
}

/** A peer that answers no ping. */
function mute() {
  watch.close();
  watch = new PeerWatch({
    clock,
    silenceMs: 15_000,
    unfinished,
    ping: () => {
      pings += 1;
    },
    onLimit: (limit) => {
      met.push(limit);
      watch.close();
    },
  });
  watch.identified();
}

describe('silence', () => {
  it('is noticed within the time that was given, and a third of it at most', () => {
    mute();
    clock.advance(15_000);
    expect(met).toEqual([]);
    clock.advance(5_001);
    expect(met).toEqual(['silent']);
  });

  it('is ended by any byte', () => {
    mute();
    for (let n = 0; n < 20; n += 1) {
      clock.advance(10_000);
      watch.received(1);
      watch.message();
    }
    expect(met).toEqual([]);
    expect(watch.silentForMs).toBe(0);
  });

  it("is nobody's while this process is suspended", () => {
    watch.identified();
    clock.suspend(3600_000);
    clock.advance(PING_EVERY_MS);
    expect(met).toEqual([]);
  });

  it('is noticed soon after this process was suspended', () => {
    mute();
    clock.suspend(3600_000);
    clock.advance(2 * PING_EVERY_MS);
    expect(met).toEqual(['silent']);
  });

  it('is asked about, so that an idle peer lives for ever', () => {
    watch.identified();
    clock.advance(24 * 3600_000);
    expect(met).toEqual([]);
    expect(pings).toBe((24 * 3600_000) / PING_EVERY_MS);
    expect(unfinished.total).toBe(0);
  });
});

describe('a peer that does not say what it is', () => {
  it('is given a time', () => {
    clock.advance(IDENTIFY_TIMEOUT_MS - 1);
    expect(met).toEqual([]);
    clock.advance(1);
    expect(met).toEqual(['unidentified']);
    expect(details).toEqual(['said nothing, within 15 s']);
  });

  it('learns that it spoke, and that no camera speaks so', () => {
    for (let n = 0; n < 3; n += 1) watch.foreignMessage();
    clock.advance(IDENTIFY_TIMEOUT_MS);
    expect(details).toEqual(['said nothing that a camera says, in 3 messages, within 15 s']);
  });
});

describe('a message that is never finished', () => {
  it('is given a time, however lively the peer', () => {
    watch.identified();
    watch.received(1);
    clock.advance(MESSAGE_TIMEOUT_MS);
    expect(met).toEqual([]);
    clock.advance(PING_EVERY_MS);
    expect(met).toEqual(['message-timeout']);
    expect(unfinished.total).toBe(0);
  });

  it('is none when messages become whole in between', () => {
    watch.identified();
    for (let second = 0; second < 600; second += 1) {
      watch.received(100_000);
      watch.message();
      watch.received(10);
      clock.advance(1_000);
    }
    expect(met).toEqual([]);
  });

  it('is none when a peer pings by the thousand', () => {
    watch.identified();
    for (let n = 0; n < 100_000; n += 1) {
      pong();
      clock.advance(2);
    }
    expect(met).toEqual([]);
    expect(unfinished.total).toBe(0);
  });

  it('is none when pings arrive in pieces', () => {
    watch.identified();
    for (let n = 0; n < 1000; n += 1) {
      watch.received(4);
      watch.control(6);
      watch.received(2 + 3);
      expect(unfinished.total).toBe(3);
      watch.control(6);
      watch.received(3);
      expect(unfinished.total).toBe(0);
      clock.advance(1000);
    }
    expect(met).toEqual([]);
  });

  it('is one, whatever pings come between its fragments', () => {
    watch.identified();
    watch.received(1000);
    for (let n = 0; n < 100; n += 1) {
      watch.control(131);
      watch.received(131);
    }
    expect(unfinished.total).toBe(1000);
    clock.advance(MESSAGE_TIMEOUT_MS + PING_EVERY_MS);
    expect(met).toEqual(['message-timeout']);
  });

  it('counts as held memory', () => {
    watch.identified();
    watch.received(600_000);
    expect(unfinished.total).toBe(600_000);
    watch.received(600_000);
    expect(met).toEqual(['memory']);
    expect(unfinished.total).toBe(0);
  });
});
