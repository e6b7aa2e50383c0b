import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { assembled, idr, inShort, picSet, picture, set } from '../support/assembled-pictures.js';
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
} from '../support/h264-builder.js';

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
    assembler.push([set, picSet, idr], 0);
    expect(inShort(assembler.push([nalUnit], 1))).toEqual(['0: K 5 D']);
    // Not the same macroblock, nothing else different: the NAL unit in between decides.
    assembler.push([slice({ idr: true, firstMb: 40 })], 2);
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
      ...assembler.push(nalUnits, tag),
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
