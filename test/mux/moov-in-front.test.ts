/** The moov in front of more media data than 32 bits can point into, on a disk that keeps no more than the tables. */
import { expect, it } from 'vitest';
import { box, toBytes, u32, u64 } from '../../src/lib/mp4/box.js';
import { moovInFront } from '../../src/lib/mux/moov-in-front.js';
import { type Disk, type DiskFile, systemDisk } from '../../src/lib/storage/disk.js';

const MEDIA_BYTES = 2 ** 31;
const FTYP = toBytes(box('ftyp', Buffer.from('isom'), u32(0)));
const MDAT_HEADER = Buffer.concat([u32(1), Buffer.from('mdat'), u64(16 + MEDIA_BYTES)]);
const FRONT = Buffer.concat([FTYP, MDAT_HEADER]);

/** A moov of nothing but the table of its chunks, which lie at both ends of the media data. */
const OFFSETS = [FRONT.length, FRONT.length + MEDIA_BYTES - 1];

function moovOf(type: 'stco' | 'co64'): Buffer {
  const rows = OFFSETS.map((offset) => (type === 'stco' ? u32(offset) : u64(offset)));
  const table = box(type, u32(0), u32(rows.length), ...rows);
  return Buffer.from(
    toBytes(box('moov', box('trak', box('mdia', box('minf', box('stbl', table)))))),
  );
}

/** Answers with the movie, and keeps the first bytes that are written. */
function sparseDisk(moov: Buffer) {
  const size = FRONT.length + MEDIA_BYTES + moov.length;
  const moovAt = size - moov.length;
  const written = { head: Buffer.alloc(0), bytes: 0 };
  const file: DiskFile = {
    async read(target, position) {
      const bytes = Math.min(target.length, size - position);
      if (position < FRONT.length) FRONT.copy(target, 0, position);
      if (position + bytes > moovAt) {
        moov.copy(target, Math.max(0, moovAt - position), Math.max(0, position - moovAt));
      }
      return bytes;
    },
    async writev(chunks) {
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (written.bytes === 0) written.head = Buffer.concat(chunks.slice(0, 2));
      written.bytes += bytes;
      return bytes;
    },
    sync: async () => {},
    size: async () => size,
    close: async () => {},
  };
  const disk: Disk = { ...systemDisk, open: async () => file, fileSize: async () => size };
  return { disk, written, size };
}

it.each(['stco', 'co64'] as const)('points to the media data by 64 bits: %s', async (type) => {
  const { disk, written, size } = sparseDisk(moovOf(type));
  await moovInFront(disk, 'stream.mp4', 'film.mp4');
  const moovBytes = moovOf('co64').length;
  expect(written.bytes).toBe(size - moovOf(type).length + moovBytes);
  const table = written.head.subarray(written.head.indexOf('co64') + 8);
  expect(table.readUInt32BE(0)).toBe(2);
  const offsets = [table.readBigUInt64BE(4), table.readBigUInt64BE(12)].map(Number);
  expect(offsets).toEqual(OFFSETS.map((offset) => offset + moovBytes));
});
