/**
 * The sample description of AVC video: stsd, avc1, avcC, pasp and colr
 * (ISO/IEC 14496-12, 8.5.2 and 12.1; ISO/IEC 14496-15, 5.4.2).
 */
import type { ColourDescription, VideoDescription } from '../h264/coded-picture.js';
import { ascii, type Box, box, fullBox, u8, u16, u32, zeros } from './box.js';

/** Sample descriptions: the one of this track (8.5.2). */
export function stsd(description: VideoDescription): Box {
  return fullBox('stsd', 0, 0, u32(1), avc1(description));
}

function avc1(description: VideoDescription): Box {
  const { sampleAspectRatio, colour } = description;
  return box(
    'avc1',
    zeros(6), // reserved
    u16(1), // data_reference_index
    zeros(2 + 2 + 12), // pre_defined, reserved
    u16(description.width), // width
    u16(description.height), // height
    u32(0x0048_0000), // horizresolution: 72 dpi
    u32(0x0048_0000), // vertresolution: 72 dpi
    zeros(4), // reserved
    u16(1), // frame_count: pictures per sample
    zeros(32), // compressorname: none
    u16(0x0018), // depth: colour without alpha
    u16(0xffff), // pre_defined: -1
    box('avcC', description.avcC),
    ...(sampleAspectRatio ? [pasp(sampleAspectRatio)] : []),
    ...(colour ? [colr(colour)] : []),
  );
}

function pasp(ratio: { readonly width: number; readonly height: number }): Box {
  return box(
    'pasp',
    u32(ratio.width), // hSpacing
    u32(ratio.height), // vSpacing
  );
}

function colr(colour: ColourDescription): Box {
  return box(
    'colr',
    ascii('nclx'), // colour_type: code points of ISO/IEC 23091-2
    u16(colour.primaries), // colour_primaries
    u16(colour.transfer), // transfer_characteristics
    u16(colour.matrix), // matrix_coefficients
    u8(colour.fullRange ? 0x80 : 0), // full_range_flag, reserved
  );
}

/** The size at which the pictures are shown: the width stretched by the sample aspect ratio. */
export function shownSize(description: VideoDescription): { width: number; height: number } {
  const ratio = description.sampleAspectRatio;
  const stretch = ratio && ratio.height > 0 && ratio.width > 0 ? ratio.width / ratio.height : 1;
  return { width: description.width * stretch, height: description.height };
}
