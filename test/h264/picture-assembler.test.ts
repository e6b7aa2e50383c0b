import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAL_UNITS } from '../../src/lib/h264/limits.js';
import { type AssemblerOutput, PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import {
  accessUnitDelimiter,
  annexB,
  endOfSequence,
  fillerData,
  lengthPrefixed,
  otherNalUnit,
  pps,
  sei,
  slice,
  sps,
} from '../support/h264-builder.js';

const set = sps();
const picSet = pps();
const idr = slice({ idr: true });
/** The picture with this frame_num, in slices that begin at these macroblocks. */
function picture(frameNum: number, ...firstMbs: number[]): Buffer[] {
  const slices = firstMbs.length === 0 ? [0] : firstMbs;
  return slices.map((firstMb) => slice({ frameNum, firstMb, picOrderCntLsb: frameNum * 2 }));
}

/** Everything that comes out when each list of NAL units is one packet; tags are the packets' numbers. */
function assembled(packets: readonly (readonly Uint8Array[])[]): AssemblerOutput<number>[] {
  const assembler = new PictureAssembler<number>();
  const outputs = packets.flatMap((nalUnits, tag) => assembler.push({ nalUnits }, tag));
  return [...outputs, ...assembler.flush()];
}

/** Outputs in a few letters: K or P, the tag, NAL unit types, D for a new description; or what is wrong. */
function inShort(outputs: readonly AssemblerOutput<number>[]): string[] {
  return outputs.map((output) => {
    if (output.type === 'undecodable') return `${output.tag}: ${output.reason}`;
    if (output.type === 'unsupported') return `${output.tag}: ${output.feature}`;
    const { key, tag, nalUnits, newDescription } = output.picture;
    const types = nalUnits.map((nalUnit) => (nalUnit[0] ?? 0) & 31).join(' ');
    return `${tag}: ${key ? 'K' : 'P'} ${types}${newDescription ? ' D' : ''}`;
  });
}

describe('where pictures begin and end', () => {
  it('ends a picture when the next one begins, or at flush', () => {
    const assembler = new PictureAssembler<string>();
    expect(assembler.push(annexB([set, picSet]), 'sets')).toEqual([]);
    expect(assembler.push(annexB([idr]), 'first')).toEqual([]);
    const [first, ...none] = assembler.push(annexB(picture(1)), 'second');
    expect(none).toEqual([]);
    expect(first).toMatchObject({ type: 'picture', picture: { tag: 'first', key: true } });
    expect(assembler.flush()).toMatchObject([{ picture: { tag: 'second', key: false } }]);
    expect(assembler.flush()).toEqual([]);
  });

  it.each([
    ['the same, one packet', [[set, picSet, idr, ...picture(1, 0, 40, 80), ...picture(2)]], '000'],
    [
      'parts of pictures in packets of their own',
      [[set], [picSet], [idr], ...picture(1, 0, 40, 80).map((one) => [one]), picture(2)],
      '236',
    ],
    [
      'packets that hold the end of one and the beginning of the next',
      [
        [set, picSet, idr, ...picture(1, 0, 40)],
        [...picture(1, 80), ...picture(2)],
      ],
      '001',
    ],
  ])('takes %s', (_name, packets, tags) => {
    const outputs = assembled(packets);
    const types = ['K 5 D', 'P 1 1 1', 'P 1'];
    expect(inShort(outputs)).toEqual(types.map((type, i) => `${tags[i]}: ${type}`));
  });

  it('takes slices in any order, and redundant ones', () => {
    const redundancy = { redundantPicCnt: true };
    const slices = [40, 0, 80].map((firstMb) => slice({ pps: redundancy, frameNum: 1, firstMb }));
    const redundant = slice({ pps: redundancy, frameNum: 1, firstMb: 40, redundantPicCnt: 1 });
    const outputs = assembled([
      [set, pps(redundancy), slice({ idr: true, pps: redundancy })],
      [...slices, redundant],
      [slice({ pps: redundancy, frameNum: 2 })],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 1 1 1 1', '2: P 1']);
  });

  it('keeps a picture that was sent twice as two', () => {
    const twice = picture(1, 0, 40);
    const outputs = assembled([[set, picSet, idr], twice, twice, [idr], [idr]]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 1 1', '2: P 1 1', '3: K 5', '4: K 5']);
  });

  it.each([
    ['access unit delimiter', accessUnitDelimiter, ''],
    ['SEI', sei(), '6 '],
    ['parameter set', set, ''],
    ['picture parameter set', picSet, ''],
    ['subset of parameters', otherNalUnit(0x6f), '15 '],
    ['reserved NAL unit 18', otherNalUnit(0x12), '18 '],
  ])('ends a picture at once when a %s follows', (_name, nalUnit, kept) => {
    const assembler = new PictureAssembler<number>();
    assembler.push({ nalUnits: [set, picSet, idr] }, 0);
    expect(inShort(assembler.push({ nalUnits: [nalUnit] }, 1))).toEqual(['0: K 5 D']);
    // Not the same macroblock, nothing else different: the NAL unit in between decides.
    assembler.push({ nalUnits: [slice({ idr: true, firstMb: 40 })] }, 2);
    expect(inShort(assembler.flush())).toEqual([`2: K ${kept}5`]);
  });

  it('ends a picture at the end of the sequence, which it keeps', () => {
    const outputs = assembled([
      [endOfSequence, set, picSet, idr, endOfSequence, slice({ idr: true, firstMb: 40 })],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 10 D', '0: K 5']);
  });
});

describe('what a sample holds', () => {
  it('is everything of the picture but delimiters, filler data and known parameter sets', () => {
    const outputs = assembled([
      [accessUnitDelimiter, set, picSet, sei(1), idr, fillerData],
      [accessUnitDelimiter, set, picSet, sei(2), sei(3), ...picture(1, 0, 40), fillerData],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 6 5 D', '1: P 6 6 1 1']);
  });

  it('has data partitions, auxiliary slices and extensions with the slice they follow', () => {
    const partitions = [
      slice({ partitionA: true, frameNum: 1 }),
      otherNalUnit(0x43),
      otherNalUnit(0x44),
      slice({ partitionA: true, frameNum: 1, firstMb: 40 }),
      otherNalUnit(0x43),
    ];
    const outputs = assembled([
      [set, picSet, idr, otherNalUnit(0x13), otherNalUnit(0x74)],
      partitions,
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 19 20 D', '1: P 2 3 4 2 3']);
  });

  it('has a prefix with the slice it precedes, be that of this picture or of the next', () => {
    const prefix = otherNalUnit(0x6e);
    const [first = idr, second = idr] = picture(1, 0, 40);
    const outputs = assembled([
      [set, picSet, prefix, otherNalUnit(0x74), idr],
      [prefix, first, prefix, second, otherNalUnit(0x74)],
      [prefix, otherNalUnit(0x74), ...picture(2)],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 14 20 5 D', '1: P 14 1 14 1 20', '2: P 14 20 1']);
  });

  it('has nothing that belongs to no picture', () => {
    const outputs = assembled([[otherNalUnit(0x43), endOfSequence, sei()]]);
    expect(outputs).toEqual([]);
  });

  it('has no NAL unit with the forbidden bit, and no empty one', () => {
    const outputs = assembled([[set, picSet, idr, otherNalUnit(0xe5), Buffer.alloc(0)]]);
    expect(inShort(outputs)).toEqual(['0: K 5 D']);
  });
});

describe('parameter sets and descriptions', () => {
  const wide = sps({ widthInMbs: 20 });

  it('describes once while the bytes stay the same', () => {
    const outputs = assembled([
      [set, picSet, idr],
      [set, picSet, idr],
      [set, picSet, ...picture(1)],
      [set, idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: K 5', '2: P 1', '3: K 5']);
  });

  it('describes anew at the IDR picture behind a changed set', () => {
    const outputs = assembled([
      [set, picSet, idr],
      [wide, picSet, idr],
      [pps({ cabac: true }), idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: K 5 D', '2: K 5 D']);
    const sizes = outputs.map((one) => one.type === 'picture' && one.picture.newDescription?.width);
    expect(sizes).toEqual([176, 320, 320]);
  });

  it('describes anew when an IDR picture uses another sequence parameter set', () => {
    const second = { sps: { id: 1, widthInMbs: 20 }, pps: { id: 1, spsId: 1 } };
    const outputs = assembled([
      [set, picSet, sps(second.sps), pps(second.pps), idr],
      [slice({ idr: true, ...second })],
      [slice({ idr: true, ...second })],
      [idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: K 5 D', '2: K 5', '3: K 5 D']);
    const avcC = outputs.map((one) => one.type === 'picture' && one.picture.newDescription?.avcC);
    expect(
      Buffer.from(avcC[1] || [])
        .subarray(8)
        .indexOf(sps(second.sps)),
    ).toBe(0);
    expect(avcC[3]).toEqual(avcC[0]);
  });

  it('leaves a changed set in front of a picture that is no IDR picture, until the next one', () => {
    const other = pps({ id: 1, cabac: true });
    const outputs = assembled([
      [set, picSet, idr],
      [other, sei(), ...picture(1)],
      [other, ...picture(2)],
      [idr],
      [idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 8 6 1', '2: P 1', '3: K 5 D', '4: K 5']);
  });

  it('sends a set that was changed back again, too', () => {
    const outputs = assembled([
      [set, picSet, idr],
      [pps({ weightedBipredIdc: 2 }), ...picture(1)],
      [picSet, idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 8 1', '2: K 8 5']);
  });

  it('describes at the first picture, IDR or not', () => {
    const outputs = assembled([[set, picSet, ...picture(5)], picture(6), [idr]]);
    expect(inShort(outputs)).toEqual(['0: P 1 D', '1: P 1', '2: K 5']);
  });

  it('goes by what is in force when the picture begins', () => {
    // The new set stands behind the picture: it is for the next one.
    const outputs = assembled([[set, picSet, idr], [wide], [idr]]);
    const sizes = outputs.map((one) => one.type === 'picture' && one.picture.newDescription?.width);
    expect(sizes).toEqual([176, 320]);
  });

  it('ignores a damaged set', () => {
    const outputs = assembled([
      [set, picSet, idr],
      [sps({ profileIdc: 3 }), idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: K 5']);
  });
});

describe('inherited parameter sets', () => {
  it('serve a stream that brings none, and say so', () => {
    const earlier = new PictureAssembler<number>();
    earlier.push({ nalUnits: [set, picSet, idr] }, 0);
    const inheritedParameterSets = earlier.parameterSetsInForce;
    const assembler = new PictureAssembler<number>({ inheritedParameterSets });
    expect(assembler.usedInheritedParameterSets).toBe(false);
    assembler.push({ nalUnits: picture(3) }, 0);
    expect(inShort(assembler.flush())).toEqual(['0: P 1 D']);
    expect(assembler.usedInheritedParameterSets).toBe(true);
  });

  it('are not used by a stream that brings its own in time', () => {
    const assembler = new PictureAssembler<number>({
      inheritedParameterSets: [sps({ widthInMbs: 20 }), pps({ cabac: true })],
    });
    assembler.push({ nalUnits: [set, picSet, idr] }, 0);
    expect(assembler.flush()).toMatchObject([{ picture: { newDescription: { width: 176 } } }]);
    expect(assembler.usedInheritedParameterSets).toBe(false);
    expect(assembler.parameterSetsInForce.map((one) => Buffer.from(one))).toEqual([set, picSet]);
  });
});

describe('what cannot be used', () => {
  it('counts pictures without parameter sets, not slices', () => {
    const outputs = assembled([
      picture(1, 0, 40, 80),
      picture(2, 0, 40),
      [idr],
      [set, picSet],
      [idr],
    ]);
    expect(inShort(outputs)).toEqual([
      '0: no-parameter-sets',
      '1: no-parameter-sets',
      '2: no-parameter-sets',
      '4: K 5 D',
    ]);
  });

  it('tells apart unseen pictures whose first slice is lost by their header bytes', () => {
    const reference = slice({ firstMb: 40 });
    const other = slice({ firstMb: 40, nalRefIdc: 0 });
    const outputs = assembled([[reference, slice({ firstMb: 80 })], [other], [reference]]);
    expect(inShort(outputs)).toHaveLength(3);
  });

  it('calls a picture damaged whose only slice header is', () => {
    const outputs = assembled([[set, picSet, idr], [slice({ sliceType: 10 })], picture(2)]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: damaged-slice-header', '2: P 1']);
  });

  it('says so when a picture parameter set makes no sense', () => {
    const outputs = assembled([[set, pps({ weightedBipredIdc: 3 }), idr]]);
    expect(inShort(outputs)).toEqual(['0: damaged-parameter-sets']);
  });

  it('keeps a picture together of which one slice is damaged, the first or another', () => {
    const damaged = (firstMb: number) => slice({ frameNum: 1, firstMb, refs: [17] });
    const [first = idr, second = idr, third = idr] = picture(1, 0, 40, 80);
    expect(
      inShort(
        assembled([
          [set, picSet, idr],
          [first, damaged(40), third],
        ]),
      ),
    ).toEqual(['0: K 5 D', '1: P 1 1 1']);
    expect(
      inShort(
        assembled([
          [set, picSet, idr],
          [damaged(0), second, third],
        ]),
      ),
    ).toEqual(['0: K 5 D', '1: P 1 1 1']);
  });

  it('refuses field pictures by name, one by one, and goes on with frames', () => {
    const interlaced = { sps: { frameMbsOnly: false } };
    const fields = (['top', 'bottom'] as const).map((field) =>
      slice({ ...interlaced, field, frameNum: 1 }),
    );
    const outputs = assembled([
      [sps(interlaced.sps), picSet, slice({ ...interlaced, idr: true })],
      fields,
      [slice({ ...interlaced, frameNum: 2 })],
    ]);
    expect(inShort(outputs)).toEqual([
      '0: K 5 D',
      '1: field-pictures',
      '1: field-pictures',
      '2: P 1',
    ]);
  });

  it('lets go of a picture that grows beyond all measure, and describes anew behind it', () => {
    const endless = Array.from({ length: MAX_NAL_UNITS + 1 }, () => otherNalUnit(0x13));
    const outputs = assembled([[set, picSet, idr, ...endless], picture(1), [idr]]);
    expect(inShort(outputs)).toEqual(['0: too-large', '1: P 1 D', '2: K 5']);
  });

  it('describes nothing anew behind one that brought nothing new', () => {
    const endless = Array.from({ length: MAX_NAL_UNITS + 1 }, () => otherNalUnit(0x13));
    const outputs = assembled([[set, picSet, idr], [...picture(1), ...endless], picture(2)]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: too-large', '2: P 1']);
  });

  it('lets go of what piles up in front of a picture', () => {
    const endless = Array.from({ length: MAX_NAL_UNITS + 1 }, () => sei());
    const outputs = assembled([[set, picSet, ...endless, sei(), idr]]);
    expect(inShort(outputs)).toEqual(['0: K 6 5 D']);
  });
});

describe('order', () => {
  it('comes from the picture order count', () => {
    const b = slice({ frameNum: 2, nalRefIdc: 0, sliceType: 1, picOrderCntLsb: 2 });
    const outputs = assembled([
      [set, picSet, idr],
      [slice({ frameNum: 1, picOrderCntLsb: 4 })],
      [b],
      [idr],
    ]);
    const orders = outputs.map((one) => one.type === 'picture' && one.picture.order);
    expect(orders).toEqual([
      { epoch: 1, count: 0 },
      { epoch: 1, count: 4 },
      { epoch: 1, count: 2 },
      { epoch: 2, count: 0 },
    ]);
  });

  it('goes on behind a flush', () => {
    const assembler = new PictureAssembler<number>();
    const orders = [[set, picSet, idr], [idr]].flatMap((nalUnits, tag) => [
      ...assembler.push({ nalUnits }, tag),
      ...assembler.flush(),
    ]);
    expect(orders).toMatchObject([
      { picture: { order: { epoch: 1 } } },
      { picture: { order: { epoch: 2 }, newDescription: undefined } },
    ]);
  });
});

it('takes length-prefixed payloads, and remembers that they are', () => {
  const assembler = new PictureAssembler<number>();
  const outputs = [
    ...assembler.push(lengthPrefixed([set, picSet, idr]), 0),
    // 00 00 01 41: a start code in front of a slice, or a length. The payload before decides.
    ...assembler.push(lengthPrefixed([slice({ frameNum: 1, data: Buffer.alloc(315, 0x55) })]), 1),
    ...assembler.flush(),
  ];
  expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 1']);
});

it('never throws, and never makes a picture without a description before it', () => {
  const parts = [
    set,
    picSet,
    idr,
    ...picture(1, 0, 40),
    sei(),
    accessUnitDelimiter,
    otherNalUnit(0x6e),
    endOfSequence,
    slice({ partitionA: true }),
    Buffer.alloc(0),
  ];
  const change = fc.tuple(fc.nat(200), fc.nat(255));
  const nalUnit = fc
    .tuple(fc.constantFrom(...parts), fc.array(change, { maxLength: 2 }))
    .map(([part, changes]) => {
      const damaged = Buffer.from(part);
      for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
      return damaged;
    });
  fc.assert(
    fc.property(fc.array(fc.array(nalUnit, { maxLength: 5 }), { maxLength: 12 }), (packets) => {
      let described = false;
      for (const output of assembled(packets)) {
        if (output.type !== 'picture') continue;
        described ||= output.picture.newDescription !== undefined;
        expect(described).toBe(true);
        expect(output.picture.nalUnits.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});
