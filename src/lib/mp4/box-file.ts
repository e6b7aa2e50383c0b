/**
 * The boxes at the top of a file: ftyp, free and mdat (ISO/IEC 14496-12, 4.3 and 8.1).
 */
import { ascii, type Box, box, boxHeader, u32, u64, zeros } from './box.js';

/** A box header whose size is 64 bits wide. */
const LARGE_BOX_HEADER_BYTES = 16;

/** What a reader has to understand. */
export function ftyp(): Box {
  return box(
    'ftyp',
    ascii('isom'), // major_brand: the base format, known to every reader
    u32(512), // minor_version: informative
    ascii('isom'), // compatible_brands: the base format
    ascii('iso4'), // signed composition offsets (ctts version 1)
    ascii('iso5'), // fragments whose data is addressed from their moof
    ascii('iso6'), // tfdt, and trun version 1
    ascii('avc1'), // AVC in the manner of ISO/IEC 14496-15
    ascii('mp41'), // MP4 version 1
  );
}

/** Room for the header of the final mdat: as long as that header, ignored by readers until then. */
export function freeForLargeHeader(): Box {
  return box('free', zeros(LARGE_BOX_HEADER_BYTES - 8));
}

/** Header of an mdat with a 32-bit size. `payloadBytes` is what follows it. */
export function mdatHeader(payloadBytes: number): Uint8Array {
  return boxHeader('mdat', 8 + payloadBytes);
}

/** Header of an mdat with a 64-bit size. `size` includes these 16 bytes. */
export function largeMdatHeader(size: number): Uint8Array {
  const header = new Uint8Array(LARGE_BOX_HEADER_BYTES);
  header.set(boxHeader('mdat', 1), 0); // size 1: the size follows the type
  header.set(u64(size), 8); // largesize
  return header;
}
