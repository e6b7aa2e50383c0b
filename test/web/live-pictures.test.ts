import { describe, expect, it } from 'vitest';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { LivePictures } from '../../src/lib/web/live-pictures.js';
import type { LivePacket } from '../../src/lib/web/live-source.js';

const SPS = [0x67, 0x42, 0xc0, 0x1e, 0x01];
const PPS = [0x68, 0xce, 0x38, 0x80];
const SEI = [0x06, 0x05, 0x01, 0x80];
const AUD = [0x09, 0xf0];
/** The first bit behind the header is first_mb_in_slice = 0. */
const KEY = [0x65, 0x88, 0x11];
const DELTA = [0x41, 0x9a, 0x22];
const NEXT_SLICE = [0x41, 0x4a, 0x33];

function annexB(...nalUnits: number[][]): Uint8Array {
  return Uint8Array.from(nalUnits.flatMap((nalUnit) => [0, 0, 0, 1, ...nalUnit]));
}

function lengthPrefixed(...nalUnits: number[][]): Uint8Array {
  return Uint8Array.from(nalUnits.flatMap((nalUnit) => [0, 0, 0, nalUnit.length, ...nalUnit]));
}

let time = 0;

function packet(payload: Uint8Array, more: Partial<LivePacket> = {}): LivePacket {
  time += 100;
  const { nalUnits, framing } = splitNalUnits(payload);
  return {
    device: 'camera',
    timestampMs: time,
    arrivalMs: 1e12 + time,
    payload,
    nalUnits,
    framing,
    parameterSets: [],
    ...more,
  };
}

/** What the decoder gets, picture by picture. */
function pictures(pictures: LivePictures, given: LivePacket) {
  return pictures.push(given).map(({ key, chunks }) => ({ key, bytes: Buffer.concat(chunks) }));
}

describe('LivePictures', () => {
  it('hands a packet on as it came, at once and without a copy', () => {
    const payload = annexB(AUD, SPS, PPS, SEI, KEY);
    const [picture, ...others] = new LivePictures().push(packet(payload));
    expect(others).toEqual([]);
    expect(picture).toMatchObject({ key: true, device: 'camera', bytes: payload.length });
    expect(picture?.chunks).toEqual([payload]);
    expect(picture?.chunks[0]).toBe(payload);
  });

  it('puts the parameter sets of an earlier packet before a key picture', () => {
    const camera = new LivePictures();
    expect(camera.push(packet(annexB(SPS)))).toEqual([]);
    expect(camera.push(packet(annexB(PPS)))).toEqual([]);
    expect(pictures(camera, packet(annexB(KEY)))).toEqual([
      { key: true, bytes: Buffer.from(annexB(SPS, PPS, KEY)) },
    ]);
    expect(pictures(camera, packet(annexB(DELTA)))).toEqual([
      { key: false, bytes: Buffer.from(annexB(DELTA)) },
    ]);
  });

  it('takes the ones that the session knows when it has seen none', () => {
    const parameterSets = [Uint8Array.from(SPS), Uint8Array.from(PPS)];
    const given = packet(annexB(KEY), { parameterSets });
    expect(pictures(new LivePictures(), given)).toEqual([
      { key: true, bytes: Buffer.from(annexB(SPS, PPS, KEY)) },
    ]);
  });

  it('forgets the old ones when new ones come', () => {
    const camera = new LivePictures();
    const other = [...SPS.slice(0, -1), 0x02];
    camera.push(packet(annexB(SPS, PPS)));
    camera.push(packet(annexB(other, PPS)));
    expect(pictures(camera, packet(annexB(KEY)))[0]?.bytes).toEqual(
      Buffer.from(annexB(other, PPS, KEY)),
    );
  });

  it('separates two pictures in one packet', () => {
    const given = packet(annexB(SPS, PPS, KEY, AUD, DELTA, NEXT_SLICE));
    expect(pictures(new LivePictures(), given)).toEqual([
      { key: true, bytes: Buffer.from(annexB(SPS, PPS, KEY)) },
      { key: false, bytes: Buffer.from(annexB(AUD, DELTA, NEXT_SLICE)) },
    ]);
  });

  it('waits for the rest of a picture once a camera has spread one over packets', () => {
    const camera = new LivePictures();
    camera.push(packet(annexB(SPS, PPS, KEY)));
    expect(camera.push(packet(annexB(NEXT_SLICE)))).toEqual([]);
    expect(camera.push(packet(annexB(DELTA)))).toEqual([]);
    expect(camera.push(packet(annexB(NEXT_SLICE)))).toEqual([]);
    expect(pictures(camera, packet(annexB(DELTA)))).toEqual([
      { key: false, bytes: Buffer.from(annexB(DELTA, NEXT_SLICE)) },
    ]);
  });

  it('makes Annex B of what is length-prefixed', () => {
    const given = packet(lengthPrefixed(SPS, PPS, KEY));
    expect(given.framing).toBe('length-prefixed');
    expect(pictures(new LivePictures(), given)).toEqual([
      { key: true, bytes: Buffer.from(annexB(SPS, PPS, KEY)) },
    ]);
  });

  it('has nothing to show of what is no picture', () => {
    const camera = new LivePictures();
    expect(camera.push(packet(annexB(SEI)))).toEqual([]);
    expect(camera.push(packet(Uint8Array.of()))).toEqual([]);
    expect(camera.push(packet(Uint8Array.of(1, 2, 3)))).toEqual([]);
  });
});
