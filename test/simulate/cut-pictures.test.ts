import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAL } from '../../src/lib/h264/nal-unit-type.js';
import { cutIntoPictures } from '../../src/lib/simulate/cut-pictures.js';
import { SHIPPED_SAMPLE } from '../support/shipped-sample.js';
import { ffprobe, sharedStreams } from '../support/tools.js';

const sample = readFileSync(SHIPPED_SAMPLE);

function whole({ config, pictures }: ReturnType<typeof cutIntoPictures>): Buffer {
  return Buffer.concat([...config, ...pictures.map(({ bytes }) => bytes)]);
}

const START = Buffer.of(0, 0, 0, 1);

/** NAL units of the sample, to be put together in other ways. */
const [spsPiece, ppsPiece] = cutIntoPictures(sample).config;
const [first, second] = cutIntoPictures(sample).pictures;
const sps = Buffer.from(spsPiece ?? []);
const pps = Buffer.from(ppsPiece ?? []);
const key = Buffer.from(first?.bytes ?? []);
const delta = Buffer.from(second?.bytes ?? []);
const unit = (type: number, ...bytes: number[]) =>
  Buffer.concat([START, Buffer.of(type, ...bytes)]);

it('finds the hundred pictures of the shipped sample, one in ten a key picture', () => {
  const cut = cutIntoPictures(sample);
  expect(whole(cut).equals(sample)).toBe(true);
  expect(cut.pictures.length).toBe(100);
  expect(cut.pictures.map((picture) => picture.key)).toEqual(
    cut.pictures.map((_, index) => index % 10 === 0),
  );
  expect(cut.config.map((piece) => (piece[4] ?? 0) & 0x1f)).toEqual([NAL.sps, NAL.pps]);
  expect(cut.sps).toEqual(sps.subarray(4));
});

it('gives what stands between two pictures to the later one, and what ends a sequence to the earlier', () => {
  const delimiter = unit(NAL.accessUnitDelimiter, 0xf0);
  const sei = unit(NAL.sei, 5, 1, 0, 0x80);
  const end = unit(NAL.endOfSequence);
  const padding = Buffer.alloc(40);
  const stream = Buffer.concat([
    ...[delimiter, sps, pps, sei, key, padding, delimiter, sei, delta, end, sps, pps, key],
  ]);
  const cut = cutIntoPictures(stream);
  expect(whole(cut).equals(stream)).toBe(true);
  expect(cut.config).toEqual([Buffer.concat([delimiter, sps]), pps]);
  expect(cut.pictures.map(({ bytes }) => bytes)).toEqual([
    Buffer.concat([sei, key, padding]),
    Buffer.concat([delimiter, sei, delta, end]),
    Buffer.concat([sps, pps, key]),
  ]);
});

it('takes start codes of three bytes', () => {
  const short = (piece: Buffer) => piece.subarray(1);
  const stream = Buffer.concat([short(sps), short(pps), short(key), short(delta)]);
  const cut = cutIntoPictures(stream);
  expect(whole(cut).equals(stream)).toBe(true);
  expect(cut.pictures.map(({ bytes }) => bytes)).toEqual([short(key), short(delta)]);
});

it('finds nothing in what is no stream, and in configuration alone', () => {
  for (const stream of [Buffer.alloc(0), Buffer.alloc(100), Buffer.from('hello'), sps]) {
    expect(cutIntoPictures(stream).pictures).toEqual([]);
  }
});

describe.skipIf(sharedStreams === undefined)('streams of others (needs shared streams)', () => {
  const streams = sharedStreams ?? '';
  const files = sharedStreams === undefined ? [] : readdirSync(streams);
  const annexB = files.filter(
    (file) => /\.(264|h264|annexb)$/.test(file) && !file.startsWith('length_prefixed'),
  );

  it.each(annexB)('%s is cut without losing a byte', (file) => {
    const stream = readFileSync(join(streams, file));
    const cut = cutIntoPictures(stream);
    expect(whole(cut).equals(stream)).toBe(true);
    expect(cut.pictures.length).toBeGreaterThan(0);
  });

  it.skipIf(ffprobe === undefined).each(annexB)(
    '%s has the pictures that ffprobe finds (needs ffmpeg)',
    (file) => {
      const path = join(streams, file);
      const args = ['-v', 'quiet', '-count_packets', '-show_entries', 'stream=nb_read_packets'];
      const found = execFileSync(ffprobe ?? '', [...args, '-of', 'csv=p=0', path]).toString();
      expect(cutIntoPictures(readFileSync(path)).pictures.length).toBe(Number(found));
    },
  );
});
