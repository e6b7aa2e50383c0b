import { describe, expect, it } from 'vitest';
import { PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { assembled, idr, inShort, picSet, picture, set } from '../support/assembled-pictures.js';
import { pps, sei, slice, sps } from '../support/h264-builder.js';

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

  it('leaves the picture parameter sets with it that name it, which stay the same', () => {
    const other = slice({ frameNum: 2, picOrderCntLsb: 4 });
    const outputs = assembled([
      [set, picSet, idr],
      [wide, picSet, ...picture(1)],
      [other],
      [wide, picSet, idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 7 8 1', '2: P 1', '3: K 5 D']);
  });

  it('sends a set that was changed back again, too', () => {
    const outputs = assembled([
      [set, picSet, idr],
      [pps({ weightedBipredIdc: 2 }), ...picture(1)],
      [picSet, idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 8 1', '2: K 8 5']);
  });

  it('leaves with each description the sets that it has no room for or no use of', () => {
    const ofNoSet = pps({ id: 1, spsId: 5 });
    const outputs = assembled([
      [set, picSet, ofNoSet, idr],
      [ofNoSet, idr],
      [wide, picSet, ofNoSet, idr],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 8 5 D', '1: K 5', '2: K 8 5 D']);
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
    earlier.push([set, picSet, idr], 0);
    const inheritedParameterSets = earlier.parameterSetsInForce;
    const assembler = new PictureAssembler<number>({ inheritedParameterSets });
    expect(assembler.usedInheritedParameterSets).toBe(false);
    assembler.push(picture(3), 0);
    expect(inShort(assembler.flush())).toEqual(['0: P 1 D']);
    expect(assembler.usedInheritedParameterSets).toBe(true);
  });

  it('are not used by a stream that brings its own in time', () => {
    const assembler = new PictureAssembler<number>({
      inheritedParameterSets: [sps({ widthInMbs: 20 }), pps({ cabac: true })],
    });
    assembler.push([set, picSet, idr], 0);
    expect(assembler.flush()).toMatchObject([{ picture: { newDescription: { width: 176 } } }]);
    expect(assembler.usedInheritedParameterSets).toBe(false);
    expect(assembler.parameterSetsInForce.map((one) => Buffer.from(one))).toEqual([set, picSet]);
  });
});
