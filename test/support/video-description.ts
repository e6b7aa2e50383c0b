/**
 * The description of a video that nobody decodes, for what puts descriptions into boxes.
 */
import type { VideoDescription } from '../../src/lib/h264/coded-picture.js';

export const videoDescription: VideoDescription = {
  width: 16,
  height: 16,
  sampleAspectRatio: undefined,
  colour: undefined,
  codec: 'avc1.42E01F',
  avcC: Uint8Array.of(1, 0x42, 0xe0, 0x1f, 0xff, 0xe0, 0),
  maxReorderPictures: 0,
  frameRate: undefined,
  mayHaveFieldPictures: false,
};
