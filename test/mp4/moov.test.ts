import { describe, expect, it } from 'vitest';
import { toBytes } from '../../src/lib/mp4/box.js';
import {
  freeForLargeHeader,
  ftyp,
  largeMdatHeader,
  mdatHeader,
} from '../../src/lib/mp4/box-file.js';
import { fragmentHeader } from '../../src/lib/mp4/box-fragment.js';
import { completeMoov, initialMoov } from '../../src/lib/mp4/moov.js';
import { SampleTable } from '../../src/lib/mp4/sample-table.js';
import { dump, dumpBytes, hex } from '../support/mp4-golden.js';
import { videoDescription } from '../support/video-description.js';

const description = {
  ...videoDescription,
  width: 1920,
  height: 1080,
  avcC: Uint8Array.of(1, 0x42, 0xe0, 0x1f),
};

const creationTimeMs = Date.UTC(2024, 0, 1);

describe('golden bytes', () => {
  it('ftyp, free and mdat', () => {
    expect(dump(ftyp())).toMatchInlineSnapshot(`
      [
        "ftyp 40: 69736f6d 00000200 69736f6d 69736f34 69736f35 69736f36 61766331 6d703431",
      ]
    `);
    expect(dump(freeForLargeHeader())).toMatchInlineSnapshot(`
      [
        "free 16: 0000000000000000",
      ]
    `);
    expect(hex(mdatHeader(24))).toMatchInlineSnapshot(`"000000206d646174"`);
    expect(hex(largeMdatHeader(2 ** 32 + 1))).toMatchInlineSnapshot(
      `"000000016d6461740000000100000001"`,
    );
  });

  it('the moov that fragments follow', () => {
    expect(dump(initialMoov({ description, creationTimeMs }))).toMatchInlineSnapshot(`
      [
        "moov 588",
        "  mvhd 108: 00 000000 e1b7b100 e1b7b100 00015f90 00000000 00010000 0100 00000000000000000000 000100000000000000000000000000000001000000000000000000000000000040000000 000000000000000000000000000000000000000000000000 00000002",
        "  trak 432",
        "    tkhd 92: 00 000003 e1b7b100 e1b7b100 00000001 00000000 00000000 0000000000000000 0000 0000 0000 0000 000100000000000000000000000000000001000000000000000000000000000040000000 07800000 04380000",
        "    mdia 332",
        "      mdhd 32: 00 000000 e1b7b100 e1b7b100 00015f90 00000000 55c4 0000",
        "      hdlr 38: 00 000000 00000000 76696465 000000000000000000000000 566964656f00",
        "      minf 254",
        "        vmhd 20: 00 000001 0000 000000000000",
        "        dinf 36",
        "          dref 28: 00 000000 00000001",
        "            url  12: 00 000001",
        "        stbl 190",
        "          stsd 114: 00 000000 00000001",
        "            avc1 98: 000000000000 0001 00000000000000000000000000000000 0780 0438 00480000 00480000 00000000 0001 0000000000000000000000000000000000000000000000000000000000000000 0018 ffff",
        "              avcC 12: 0142e01f",
        "          stts 16: 00 000000 00000000",
        "          stsc 16: 00 000000 00000000",
        "          stsz 20: 00 000000 00000000 00000000",
        "          stco 16: 00 000000 00000000",
        "  mvex 40",
        "    trex 32: 00 000000 00000001 00000001 00000000 00000000 00000000",
      ]
    `);
  });

  it('a fragment in output order', () => {
    const samples = [
      { size: 0x1111, duration: 3000, compositionOffset: 0, key: true },
      { size: 0x22, duration: 3001, compositionOffset: 0, key: false },
    ];
    expect(dumpBytes(fragmentHeader(7, 2 ** 32 + 5, samples))).toMatchInlineSnapshot(`
      [
        "moof 112",
        "  mfhd 16: 0000000000000007",
        "  traf 88",
        "    tfhd 16: 0002000000000001",
        "    tfdt 20: 010000000000000100000005",
        "    trun 44: 01000701000000020000007800000bb8000011110200000000000bb90000002201010000",
        "mdat 4411",
      ]
    `);
  });

  it('a fragment with composition offsets', () => {
    const samples = [
      { size: 3, duration: 1, compositionOffset: 2, key: true },
      { size: 4, duration: 2, compositionOffset: -1, key: false },
    ];
    expect(dumpBytes(fragmentHeader(1, 0, samples))).toMatchInlineSnapshot(`
      [
        "moof 120",
        "  mfhd 16: 0000000000000001",
        "  traf 96",
        "    tfhd 16: 0002000000000001",
        "    tfdt 20: 010000000000000000000000",
        "    trun 52: 01000f01000000020000008000000001000000030200000000000002000000020000000401010000ffffffff",
        "mdat 15",
      ]
    `);
  });

  it('a fragment with the composition offset of one picture', () => {
    const shared = { size: 3, duration: 1, key: true };
    const lines = dumpBytes(
      fragmentHeader(1, 0, [
        { ...shared, compositionOffset: 0 },
        { ...shared, compositionOffset: 2 },
      ]),
    );
    expect(lines.at(-2)?.trim()).toMatchInlineSnapshot(
      `"trun 52: 01000f0100000002000000800000000100000003020000000000000000000001000000030200000000000002"`,
    );
  });

  it('the complete moov', () => {
    const table = new SampleTable();
    table.addChunk(0x1000, [
      { size: 10, duration: 3000, compositionOffset: 0, key: true },
      { size: 11, duration: 3000, compositionOffset: 0, key: false },
    ]);
    table.addChunk(0x2000, [
      { size: 12, duration: 3001, compositionOffset: 0, key: true },
      { size: 13, duration: 3000, compositionOffset: 0, key: false },
    ]);
    table.addChunk(0x3000, [{ size: 14, duration: 1, compositionOffset: 0, key: true }]);
    expect(dump(completeMoov({ description, creationTimeMs }, table))).toMatchInlineSnapshot(`
      [
        "moov 664",
        "  mvhd 108: 00 000000 e1b7b100 e1b7b100 00015f90 00002ee2 00010000 0100 00000000000000000000 000100000000000000000000000000000001000000000000000000000000000040000000 000000000000000000000000000000000000000000000000 00000002",
        "  trak 548",
        "    tkhd 92: 00 000003 e1b7b100 e1b7b100 00000001 00000000 00002ee2 0000000000000000 0000 0000 0000 0000 000100000000000000000000000000000001000000000000000000000000000040000000 07800000 04380000",
        "    mdia 448",
        "      mdhd 32: 00 000000 e1b7b100 e1b7b100 00015f90 00002ee2 55c4 0000",
        "      hdlr 38: 00 000000 00000000 76696465 000000000000000000000000 566964656f00",
        "      minf 370",
        "        vmhd 20: 00 000001 0000 000000000000",
        "        dinf 36",
        "          dref 28: 00 000000 00000001",
        "            url  12: 00 000001",
        "        stbl 306",
        "          stsd 114: 00 000000 00000001",
        "            avc1 98: 000000000000 0001 00000000000000000000000000000000 0780 0438 00480000 00480000 00000000 0001 0000000000000000000000000000000000000000000000000000000000000000 0018 ffff",
        "              avcC 12: 0142e01f",
        "          stts 48: 00 000000 00000004 0000000200000bb80000000100000bb90000000100000bb8 0000000100000001",
        "          stss 28: 00 000000 00000003 000000010000000300000005",
        "          stsc 40: 00 000000 00000002 000000010000000200000001000000030000000100000001",
        "          stsz 40: 00 000000 00000000 00000005 0000000a0000000b0000000c0000000d0000000e",
        "          stco 28: 00 000000 00000003 000010000000200000003000",
      ]
    `);
  });

  it('tables with composition offsets', () => {
    const table = new SampleTable();
    table.addChunk(0x1000, [
      { size: 10, duration: 3000, compositionOffset: 0, key: true },
      { size: 11, duration: 3000, compositionOffset: 6000, key: false },
      { size: 12, duration: 3000, compositionOffset: -3000, key: false },
      { size: 13, duration: 3000, compositionOffset: -3000, key: false },
    ]);
    const lines = dump(completeMoov({ description, creationTimeMs }, table));
    expect(lines.filter((line) => /ctts|cslg/.test(line))).toMatchInlineSnapshot(`
      [
        "          ctts 40: 01 000000 00000003 00000001000000000000000100001770 00000002fffff448",
        "          cslg 32: 00 000000 00000bb8 fffff448 00001770 00000000 00002ee0",
      ]
    `);
  });

  it('sample aspect ratio and colour', () => {
    const unusual = {
      ...description,
      width: 176,
      height: 144,
      sampleAspectRatio: { width: 80, height: 33 },
      colour: { primaries: 1, transfer: 13, matrix: 6, fullRange: true },
    };
    const lines = dump(initialMoov({ description: unusual, creationTimeMs }));
    expect(lines.filter((line) => /pasp|colr|avc1/.test(line))).toMatchInlineSnapshot(`
      [
        "            avc1 133: 000000000000 0001 00000000000000000000000000000000 00b0 0090 00480000 00480000 00000000 0001 0000000000000000000000000000000000000000000000000000000000000000 0018 ffff",
        "              pasp 16: 00000050 00000021",
        "              colr 19: 6e636c78 0001 000d 0006 80",
      ]
    `);
    // 176 × 80/33 = 426.67 wide, 16.16.
    expect(lines.find((line) => line.includes('tkhd'))).toContain(' 01aaaaab 00900000');
    const limited = { ...unusual, colour: { ...unusual.colour, fullRange: false } };
    expect(dump(initialMoov({ description: limited, creationTimeMs })).join()).toContain(
      'colr 19: 6e636c78 0001 000d 0006 00',
    );
  });

  it('times that do not fit into 32 bits', () => {
    const table = new SampleTable();
    for (const offset of [100, 200, 300]) {
      const duration = 2_000_000_000;
      table.addChunk(offset, [{ size: 1, duration, compositionOffset: 0, key: true }]);
    }
    const lines = dump(completeMoov({ description, creationTimeMs: Date.UTC(2050, 0, 1) }, table));
    expect(lines.filter((line) => /mvhd|tkhd|mdhd/.test(line))).toMatchInlineSnapshot(`
      [
        "  mvhd 120: 01 000000 0000000112a02680 0000000112a02680 00015f90 0000000165a0bc00 00010000 0100 00000000000000000000 000100000000000000000000000000000001000000000000000000000000000040000000 000000000000000000000000000000000000000000000000 00000002",
        "    tkhd 104: 01 000003 0000000112a02680 0000000112a02680 00000001 00000000 0000000165a0bc00 0000000000000000 0000 0000 0000 0000 000100000000000000000000000000000001000000000000000000000000000040000000 07800000 04380000",
        "      mdhd 44: 01 000000 0000000112a02680 0000000112a02680 00015f90 0000000165a0bc00 55c4 0000",
      ]
    `);
  });

  it('a creation time that does not fit into 32 bits, with a duration that does', () => {
    const times = { description, creationTimeMs: Date.UTC(2050, 0, 1) };
    const lines = dump(initialMoov(times)).map((line) => line.trim());
    expect(lines.find((line) => line.startsWith('mdhd'))).toMatchInlineSnapshot(
      `"mdhd 44: 01 000000 0000000112a02680 0000000112a02680 00015f90 0000000000000000 55c4 0000"`,
    );
  });

  it('a duration that does not fit into 32 bits, with a creation time that does', () => {
    const linesFor = (duration: number) => {
      const table = new SampleTable();
      const sample = { size: 1, key: true };
      table.addChunk(100, [
        { ...sample, duration: duration - 10, compositionOffset: -3 },
        { ...sample, duration: 10, compositionOffset: 5 },
      ]);
      const lines = dump(completeMoov({ description, creationTimeMs }, table));
      return lines.map((line) => line.trim());
    };
    // Type, size and version; the media header as a whole.
    const headers = (duration: number) =>
      linesFor(duration)
        .filter((line) => /^(mvhd|tkhd|mdhd)/.test(line))
        .map((line) => (line.startsWith('mdhd') ? line : line.split(' ', 3).join(' ')));
    expect(headers(2 ** 32 - 1)).toMatchInlineSnapshot(`
      [
        "mvhd 108: 00",
        "tkhd 92: 00",
        "mdhd 32: 00 000000 e1b7b100 e1b7b100 00015f90 ffffffff 55c4 0000",
      ]
    `);
    expect(headers(2 ** 32)).toMatchInlineSnapshot(`
      [
        "mvhd 120: 01",
        "tkhd 104: 01",
        "mdhd 44: 01 000000 00000000e1b7b100 00000000e1b7b100 00015f90 0000000100000000 55c4 0000",
      ]
    `);
    const bounds = (duration: number) => linesFor(duration).find((line) => line.startsWith('cslg'));
    expect(bounds(2 ** 31 - 1)).toMatchInlineSnapshot(
      `"cslg 32: 00 000000 00000003 fffffffd 00000005 00000000 7fffffff"`,
    );
    expect(bounds(2 ** 31)).toMatchInlineSnapshot(
      `"cslg 52: 01 000000 0000000000000003 fffffffffffffffd 0000000000000005 0000000000000000 0000000080000000"`,
    );
  });

  it('chunks beyond 4 GiB', () => {
    const sample = { size: 1, duration: 1, compositionOffset: 0, key: true };
    const near = new SampleTable();
    near.addChunk(0xffff_fff0, [sample]);
    const far = new SampleTable();
    far.addChunk(0x10, [sample]);
    far.addChunk(0x1_0000_0001, [sample]);
    const chunks = (table: SampleTable): string | undefined =>
      dump(completeMoov({ description, creationTimeMs }, table))
        .find((line) => /stco|co64/.test(line))
        ?.trim();
    expect(chunks(near)).toBe('stco 20: 00 000000 00000001 fffffff0');
    expect(chunks(far)).toBe('co64 32: 00 000000 00000002 00000000000000100000000100000001');
  });

  it('tables longer than a piece are the same as short ones put together', () => {
    const table = new SampleTable();
    const durations: number[] = [];
    for (let index = 0; index < 5000; index++) {
      durations.push(3000 + (index % 7));
      const sample = { size: index, duration: 3000 + (index % 7), compositionOffset: 0 };
      table.addChunk(index * 10, [{ ...sample, key: true }]);
    }
    const bytes = Buffer.from(toBytes(completeMoov({ description, creationTimeMs }, table)));
    const stts = bytes.indexOf('stts') + 8;
    expect(bytes.readUInt32BE(stts)).toBe(5000);
    const read = durations.map((_, index) => bytes.readUInt32BE(stts + 8 + index * 8));
    expect(read).toEqual(durations);
    const stsz = bytes.indexOf('stsz') + 12;
    expect(durations.every((_, index) => bytes.readUInt32BE(stsz + 4 + index * 4) === index)).toBe(
      true,
    );
  });
});
