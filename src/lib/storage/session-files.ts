/**
 * The names of the files of a session directory. The contract is docs/files.md.
 */

export const RAW_FILE = 'stream.h264';
export const INDEX_FILE = 'frames.csv';
export const MANIFEST_FILE = 'session.json';
export const THUMBNAIL_FILE = 'thumbnail.jpg';

/** Of the picture that a thumbnail is made from, while it is being made: behind the thumbnail's name. */
export const THUMBNAIL_PICTURE_SUFFIX = '.h264';

/** What the name of a file ends with while it is being made. A recovery removes such files. */
export const NEW_SUFFIX = '.new';

/** `stream.mp4`, `stream-2.mp4`, … : one for each run of unchanged parameter sets, numbered from 1. */
export function partFile(partNumber: number): string {
  return partNumber === 1 ? 'stream.mp4' : `stream-${partNumber}.mp4`;
}

const PART = /^stream(?:-(\d{1,6}))?\.mp4$/;

/** The part number of a file name, or nothing where it is no part. */
export function partNumberOf(name: string): number | undefined {
  const match = PART.exec(name);
  if (match === null) return undefined;
  return match[1] === undefined ? 1 : Number(match[1]);
}
