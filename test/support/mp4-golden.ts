/**
 * Boxes as text, for golden bytes: one line per box, indented, with the bytes that are its own.
 */
import { BOX_HEADER_BYTES, type Box, type BoxContent } from '../../src/lib/mp4/box.js';

/** `type size: fields`, children below. Fields of one number each are set apart by spaces. */
export function dump(box: Box, indent = ''): string[] {
  const fields = box.contents.flatMap(fieldsOf).join(' ');
  const line = `${indent}${box.type} ${box.size}${fields ? `: ${fields}` : ''}`;
  const children = box.contents.filter((content): content is Box => 'type' in content);
  return [line, ...children.flatMap((child) => dump(child, `${indent}  `))];
}

function fieldsOf(content: BoxContent): string[] {
  if (content instanceof Uint8Array) return content.length > 0 ? [hex(content)] : [];
  if ('type' in content) return [];
  return [...content.pieces()].filter((piece) => piece.length > 0).map(hex);
}

/** The same of boxes that are bytes already; where one field of theirs ends and the next begins is not known then. */
export function dumpBytes(bytes: Uint8Array, indent = ''): string[] {
  return topLevelBoxes(Buffer.from(bytes)).flatMap(({ type, at, size }) => {
    const body = bytes.subarray(at + BOX_HEADER_BYTES, at + size);
    const line = `${indent}${type} ${size}`;
    if (['moof', 'traf'].includes(type)) return [line, ...dumpBytes(body, `${indent}  `)];
    return [body.length > 0 ? `${line}: ${hex(body)}` : line];
  });
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Type and body of the boxes in `bytes`, one after the other. 64-bit sizes are understood. */
export function topLevelBoxes(bytes: Buffer): { type: string; at: number; size: number }[] {
  const boxes: { type: string; at: number; size: number }[] = [];
  for (let at = 0; at + BOX_HEADER_BYTES <= bytes.length; ) {
    const short = bytes.readUInt32BE(at);
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), at, size });
    at += Math.max(size, BOX_HEADER_BYTES);
  }
  return boxes;
}
