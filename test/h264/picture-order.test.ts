import { describe, expect, it } from 'vitest';
import { PictureOrderCounter } from '../../src/lib/h264/picture-order.js';
import type { PpsOptions, SliceOptions, SpsOptions } from '../support/h264-builder.js';
import { parsedSlice, parsedSps } from '../support/h264-parsed.js';

/** The places of a sequence of pictures that share their parameter sets, as `epoch:count`. */
function places(sps: SpsOptions, pictures: SliceOptions[], pps: PpsOptions = {}): string[] {
  const counter = new PictureOrderCounter();
  return pictures.map((picture) => {
    const order = counter.next(parsedSlice({ ...picture, sps, pps }), parsedSps(sps));
    return `${order.epoch}:${order.count}`;
  });
}

describe('type 0', () => {
  const sps: SpsOptions = { pictureOrder: { type: 0, lsbBits: 4 } };

  it('carries the high bits on, forwards and backwards', () => {
    const lsbs = [0, 6, 12, 2, 14, 4];
    const pictures = lsbs.map((picOrderCntLsb, i) => ({ idr: i === 0, picOrderCntLsb }));
    expect(places(sps, pictures)).toEqual(['1:0', '1:6', '1:12', '1:18', '1:14', '1:20']);
  });

  it('takes the high bits from reference pictures only', () => {
    expect(
      places(sps, [
        { idr: true },
        { picOrderCntLsb: 6 },
        { picOrderCntLsb: 13, nalRefIdc: 0 },
        { picOrderCntLsb: 15, nalRefIdc: 0 },
        { picOrderCntLsb: 13 },
      ]),
    ).toEqual(['1:0', '1:6', '1:13', '1:-1', '1:13']);
  });

  it('takes the earlier of the two fields of a frame', () => {
    expect(
      places(sps, [{ idr: true }, { picOrderCntLsb: 4, deltaPicOrderCntBottom: -1 }], {
        bottomFieldPicOrder: true,
      }),
    ).toEqual(['1:0', '1:3']);
  });

  it('counts fields one by one', () => {
    expect(
      places({ ...sps, frameMbsOnly: false }, [
        { idr: true, field: 'top' },
        { field: 'bottom', picOrderCntLsb: 1 },
        { field: 'top', picOrderCntLsb: 2 },
      ]),
    ).toEqual(['1:0', '1:1', '1:2']);
  });

  it('starts anew at an IDR picture and at operation 5', () => {
    expect(
      places(sps, [
        { idr: true },
        { picOrderCntLsb: 7 },
        { picOrderCntLsb: 15, marking: [[5]] },
        { picOrderCntLsb: 2 },
        { picOrderCntLsb: 11, nalRefIdc: 0 },
        { idr: true },
        { picOrderCntLsb: 2 },
      ]),
    ).toEqual(['1:0', '1:7', '2:0', '2:2', '2:-5', '3:0', '3:2']);
  });

  it('goes on from the top field after operation 5', () => {
    expect(
      places(
        sps,
        [
          { idr: true },
          // Top 12, bottom 5: the frame becomes 7 and 0, and 7 is what the next low bits are held against.
          { picOrderCntLsb: 12, deltaPicOrderCntBottom: -7, marking: [[5]] },
          { picOrderCntLsb: 15 },
        ],
        { bottomFieldPicOrder: true },
      ),
    ).toEqual(['1:0', '2:0', '2:15']);
  });

  it('begins somewhere where there is no IDR picture', () => {
    expect(places(sps, [{ picOrderCntLsb: 14 }, { picOrderCntLsb: 1 }])).toEqual(['0:-2', '0:1']);
  });
});

describe('type 1', () => {
  const sps: SpsOptions = {
    pictureOrder: { type: 1, offsetForNonRefPic: -2, offsetsForRefFrame: [4, 6] },
  };

  it('expects a cycle of reference frames', () => {
    const pictures = [0, 1, 2, 3, 4].map((frameNum) => ({ idr: frameNum === 0, frameNum }));
    expect(places(sps, pictures)).toEqual(['1:0', '1:4', '1:10', '1:14', '1:20']);
  });

  it('puts pictures that nobody refers to before the next reference, deltas applied', () => {
    expect(
      places(sps, [
        { idr: true },
        { frameNum: 1 },
        { frameNum: 2, nalRefIdc: 0 },
        { frameNum: 2, deltaPicOrderCnt: [-3, 0] },
      ]),
    ).toEqual(['1:0', '1:4', '1:2', '1:7']);
  });

  it('goes on when frame_num wraps, and starts anew at operation 5', () => {
    expect(
      places(sps, [
        { idr: true },
        { frameNum: 15 },
        { frameNum: 0 },
        { frameNum: 1, marking: [[5]] },
        { frameNum: 1 },
      ]),
    ).toEqual(['1:0', '1:74', '1:80', '2:0', '2:4']);
  });

  it('has the second field of a frame at its own offset', () => {
    const fields: SpsOptions = {
      frameMbsOnly: false,
      pictureOrder: { type: 1, offsetForTopToBottomField: -1, offsetsForRefFrame: [4] },
    };
    expect(
      places(fields, [{ idr: true }, { frameNum: 1, field: 'bottom' }, { frameNum: 2 }]),
    ).toEqual(['1:-1', '1:3', '1:7']);
  });

  it('can do without a cycle', () => {
    const flat: SpsOptions = { pictureOrder: { type: 1 } };
    expect(places(flat, [{ idr: true }, { frameNum: 1, deltaPicOrderCnt: [2, 0] }])).toEqual([
      '1:0',
      '1:2',
    ]);
  });
});

describe('type 2', () => {
  it('is decoding order, across wraps and gaps of frame_num', () => {
    expect(
      places({ pictureOrder: { type: 2 } }, [
        { idr: true },
        { frameNum: 1, nalRefIdc: 0 },
        { frameNum: 1 },
        { frameNum: 14 },
        { frameNum: 2 },
        { idr: true },
        { frameNum: 1, marking: [[5]] },
        { frameNum: 1 },
      ]),
    ).toEqual(['1:0', '1:1', '1:2', '1:28', '1:36', '2:0', '3:0', '3:2']);
  });
});

describe('where pictures are missing', () => {
  const B = { sliceType: 1, nalRefIdc: 0 };
  /** I0 P4 B2 P8 B6, then a gap: what follows the lost IDR picture. */
  const before: SliceOptions[] = [
    { idr: true },
    { frameNum: 1, picOrderCntLsb: 4 },
    { frameNum: 2, picOrderCntLsb: 2, ...B },
    { frameNum: 2, picOrderCntLsb: 8 },
    { frameNum: 3, picOrderCntLsb: 6, ...B },
  ];
  const placesBefore = ['1:0', '1:4', '1:2', '1:8', '1:6'];

  it('starts anew at a count that goes back: the IDR picture is among them', () => {
    const after = [
      { frameNum: 1, picOrderCntLsb: 4 },
      { frameNum: 2, picOrderCntLsb: 2, ...B },
      { frameNum: 2, picOrderCntLsb: 8 },
    ];
    expect(places({}, [...before, ...after])).toEqual([...placesBefore, '2:4', '2:2', '2:8']);
  });

  it('starts anew at the first picture that is no B picture', () => {
    const after = [
      { frameNum: 1, picOrderCntLsb: 2, ...B },
      { frameNum: 1, picOrderCntLsb: 7 },
    ];
    expect(places({}, [...before, ...after])).toEqual([...placesBefore, '1:2', '2:7']);
  });

  it('goes on at a count that goes forward, and believes the counts again', () => {
    const after = [
      { frameNum: 7, picOrderCntLsb: 20 },
      { frameNum: 8, picOrderCntLsb: 18 },
    ];
    expect(places({}, [...before, ...after])).toEqual([...placesBefore, '1:20', '1:18']);
  });

  it('goes on behind B pictures whose reference picture alone is lost', () => {
    const after = [
      { frameNum: 5, picOrderCntLsb: 5, ...B },
      { frameNum: 5, picOrderCntLsb: 16 },
    ];
    expect(places({}, [...before, ...after])).toEqual([...placesBefore, '1:5', '1:16']);
  });

  it('goes on where numbers may be left out of frame_num, or wrap', () => {
    const after = [{ frameNum: 9, picOrderCntLsb: 7 }];
    const sparse = { gapsInFrameNumAllowed: true };
    expect(places(sparse, [...before, ...after])).toEqual([...placesBefore, '1:7']);
    const wrap = [
      { frameNum: 15, picOrderCntLsb: 30 },
      { frameNum: 0, picOrderCntLsb: 28, ...B },
      { frameNum: 0, picOrderCntLsb: 26 },
    ];
    const wrapped = ['1:30', '1:28', '1:26'];
    expect(places({}, [{ idr: true }, ...wrap])).toEqual(['1:0', ...wrapped]);
  });

  it('counts from 0 after operation 5', () => {
    const after = [
      { frameNum: 3, picOrderCntLsb: 12, marking: [[5]] },
      { frameNum: 1, picOrderCntLsb: 9 },
      { frameNum: 2, picOrderCntLsb: 7 },
    ];
    expect(places({}, [...before, ...after])).toEqual([...placesBefore, '2:0', '2:9', '2:7']);
  });
});
