import { describe, expect, it } from 'vitest';
import { MAX_PARAMETER_SETS_BYTES } from '../../src/lib/h264/limits.js';
import { ParameterSets } from '../../src/lib/h264/parameter-sets.js';
import { otherNalUnit, pps, sei, sps } from '../support/h264-builder.js';

const extension = Buffer.of(0x6d, 0x80);

function setsOf(...nalUnits: Buffer[]): ParameterSets {
  const sets = new ParameterSets();
  for (const nalUnit of nalUnits) expect(sets.accept(nalUnit)).toBe('changed');
  return sets;
}

describe('ParameterSets', () => {
  it('tells a repeated set from a changed one by its bytes', () => {
    const sets = setsOf(sps(), pps());
    const version = sets.version;
    expect(sets.accept(sps())).toBe('unchanged');
    expect(sets.accept(pps())).toBe('unchanged');
    expect(sets.version).toBe(version);
    expect(sets.accept(sps({ levelIdc: 40 }))).toBe('changed');
    expect(sets.version).toBeGreaterThan(version);
    expect(sets.nalUnits.map((one) => Buffer.from(one))).toEqual([sps({ levelIdc: 40 }), pps()]);
  });

  it('keeps copies, not the packet', () => {
    const packet = Buffer.concat([sps()]);
    const sets = setsOf(packet);
    packet.fill(0);
    expect(sets.nalUnits.map((one) => Buffer.from(one))).toEqual([sps()]);
  });

  it('resolves a picture set that came before its sequence set', () => {
    const sets = setsOf(pps({ id: 4, spsId: 2, high: { transform8x8: true, scalingLists: 12 } }));
    expect(sets.resolve(4)).toEqual({ ok: false, reason: 'no-parameter-sets' });
    sets.accept(sps({ id: 2, profileIdc: 244, chromaFormatIdc: 3 }));
    expect(sets.resolve(4)).toMatchObject({ ok: true, pps: { id: 4 }, sps: { id: 2 } });
    // With another chroma format the same bytes make no sense.
    sets.accept(sps({ id: 2, profileIdc: 100 }));
    expect(sets.resolve(4)).toEqual({ ok: false, reason: 'damaged-parameter-sets' });
    expect(sets.resolve(5)).toEqual({ ok: false, reason: 'no-parameter-sets' });
  });

  it('ignores damaged sets, too large ones, and other NAL units', () => {
    const sets = setsOf(sps());
    const damaged = [
      sps({ profileIdc: 67 }),
      pps({ id: 300 }),
      Buffer.of(0x6d),
      Buffer.concat([pps(), Buffer.alloc(70_000, 1)]),
      sei(),
    ];
    for (const nalUnit of damaged) expect(sets.accept(nalUnit)).toBe('damaged');
    expect(sets.nalUnits).toHaveLength(1);
  });

  it('bounds the bytes of all sets together', () => {
    const sets = new ParameterSets();
    const large = (id: number, filling: number) =>
      Buffer.concat([pps({ id }), Buffer.alloc(60_000, filling)]);
    const count = Math.floor(MAX_PARAMETER_SETS_BYTES / 60_010);
    for (let id = 0; id < count; id++) expect(sets.accept(large(id, 1))).toBe('changed');
    expect(sets.accept(large(count, 1))).toBe('damaged');
    // One in the place of another is no more than before.
    expect(sets.accept(large(3, 2))).toBe('changed');
  });

  it('describes with the active set in front, and without picture sets that make no sense', () => {
    const sets = setsOf(
      pps({ id: 9, spsId: 1 }),
      pps({ id: 2, spsId: 0 }),
      pps({ id: 3, spsId: 7 }),
      sps({ id: 0 }),
      sps({ id: 1 }),
      extension,
    );
    const { sps: spsList, pps: ppsList, spsExtensions } = sets.describable(1);
    expect(spsList.map((one) => Buffer.from(one))).toEqual([sps({ id: 1 }), sps({ id: 0 })]);
    expect(ppsList.map((one) => Buffer.from(one))).toEqual([
      pps({ id: 2, spsId: 0 }),
      pps({ id: 9, spsId: 1 }),
    ]);
    expect(spsExtensions.map((one) => Buffer.from(one))).toEqual([extension]);
  });

  it('describes no more sets than a record can count', () => {
    const sets = new ParameterSets();
    for (let id = 0; id < 32; id++) sets.accept(sps({ id }));
    for (let id = 0; id < 256; id++) sets.accept(pps({ id }));
    const described = sets.describable(31);
    expect(described.sps).toHaveLength(31);
    expect(described.pps).toHaveLength(255);
    expect(sets.takeUnsent(described).map((one) => Buffer.from(one))).toEqual([
      sps({ id: 30 }),
      pps({ id: 255 }),
    ]);
  });

  it('describes no picture set without the sequence set that it names', () => {
    const sets = new ParameterSets();
    for (let id = 0; id < 32; id++) sets.accept(sps({ id }));
    const left = pps({ id: 1, spsId: 31 });
    for (const set of [pps(), left, pps({ id: 2, spsId: 30 })]) sets.accept(set);
    const described = sets.describable(0);
    expect(described.pps.map((one) => Buffer.from(one))).toEqual([
      pps(),
      pps({ id: 2, spsId: 30 }),
    ]);
    // Both come with the picture instead, in their order.
    expect(sets.takeUnsent(described).map((one) => Buffer.from(one))).toEqual([
      sps({ id: 31 }),
      left,
    ]);
  });

  it('hands out each changed set once, in its order, the last of its id', () => {
    const sets = setsOf(pps(), sps(), pps({ cabac: true }));
    expect(sets.takeUnsent(undefined).map((one) => Buffer.from(one))).toEqual([
      sps(),
      pps({ cabac: true }),
    ]);
    sets.accept(sps());
    expect(sets.takeUnsent(undefined)).toEqual([]);
  });
});

describe('ParameterSets, inherited', () => {
  it('serve until the stream confirms them', () => {
    const sets = new ParameterSets();
    sets.accept(sps(), true);
    sets.accept(pps(), true);
    expect(sets.anyInherited).toBe(true);
    expect(sets.resolve(0).ok).toBe(true);
    expect(sets.takeUnsent(undefined)).toEqual([]);
    sets.accept(sps());
    expect(sets.anyInherited).toBe(true);
    sets.accept(pps());
    expect(sets.anyInherited).toBe(false);
  });

  it('go all together when the stream brings a sequence set of its own', () => {
    const sets = new ParameterSets();
    for (const nalUnit of [sps(), sps({ id: 5 }), pps(), pps({ id: 1 })])
      sets.accept(nalUnit, true);
    sets.accept(pps({ id: 1, cabac: true }));
    expect(sets.nalUnits).toHaveLength(4);
    sets.accept(sps({ levelIdc: 40 }));
    expect(sets.nalUnits.map((one) => Buffer.from(one))).toEqual([
      sps({ levelIdc: 40 }),
      pps({ id: 1, cabac: true }),
    ]);
    expect(sets.accept(otherNalUnit(0x6d))).toBe('changed');
  });
});
