/** Packets for the picture assembler, and what comes out of it in short. */
import { type AssemblerOutput, PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { pps, slice, sps } from './h264-builder.js';

export const set = sps();
export const picSet = pps();
export const idr = slice({ idr: true });

/** The picture with this frame_num, in slices that begin at these macroblocks. */
export function picture(frameNum: number, ...firstMbs: number[]): Buffer[] {
  const slices = firstMbs.length === 0 ? [0] : firstMbs;
  return slices.map((firstMb) => slice({ frameNum, firstMb, picOrderCntLsb: frameNum * 2 }));
}

/** Everything that comes out when each list of NAL units is one packet; tags are the packets' numbers. */
export function assembled(packets: readonly (readonly Uint8Array[])[]): AssemblerOutput<number>[] {
  const assembler = new PictureAssembler<number>();
  const outputs = packets.flatMap((nalUnits, tag) => assembler.push(nalUnits, tag));
  return [...outputs, ...assembler.flush()];
}

/** Outputs in a few letters: K or P, the tag, NAL unit types, D for a new description; or what is wrong. */
export function inShort(outputs: readonly AssemblerOutput<number>[]): string[] {
  return outputs.map((output) => {
    if (output.type === 'undecodable') return `${output.tag}: ${output.reason}`;
    if (output.type === 'unsupported') return `${output.tag}: ${output.feature}`;
    const { key, tag, nalUnits, newDescription } = output.picture;
    const types = nalUnits.map((nalUnit) => (nalUnit[0] ?? 0) & 31).join(' ');
    return `${tag}: ${key ? 'K' : 'P'} ${types}${newDescription ? ' D' : ''}`;
  });
}
