/**
 * Readers of MP4 that we did not write: ffprobe, ffmpeg's decoder, mediabunny and mp4box.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { ffmpeg, ffprobe } from './tools.js';

/** Calls `use` with the path of a temporary file that holds `bytes`. */
export function withFile<T>(bytes: Uint8Array, name: string, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'camrec-mp4-'));
  try {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface JudgedSample {
  /** Ticks. */
  readonly pts: number;
  /** Ticks. */
  readonly duration: number;
  readonly size: number;
  readonly key: boolean;
}

interface ProbedStream {
  readonly codec_name: string;
  readonly width: number;
  readonly height: number;
  readonly time_base: string;
  readonly duration_ts?: number;
  readonly [field: string]: unknown;
}

/** What ffprobe says of the stream and of each packet, in decoding order. */
export function probe(mp4: Uint8Array): { stream: ProbedStream; samples: JudgedSample[] } {
  return withFile(mp4, 'probed.mp4', (path) => {
    const entries = 'packet=pts,duration,size,flags:stream:stream_tags:format_tags';
    const args = ['-v', 'error', '-show_entries', entries, '-of', 'json', path];
    const found = JSON.parse(execFileSync(ffprobe ?? 'ffprobe', args, { encoding: 'utf8' })) as {
      packets: { pts: number; duration: number; size: string; flags: string }[];
      streams: [ProbedStream];
      format: { tags: Record<string, string> };
    };
    const samples = found.packets.map(({ pts, duration, size, flags }) => ({
      pts,
      duration,
      size: Number(size),
      key: flags.startsWith('K'),
    }));
    return { stream: { ...found.streams[0], ...found.format.tags }, samples };
  });
}

export interface Decoded {
  /** Presentation time of each picture, ticks of the file, in output order. */
  readonly times: number[];
  /** Checksum of each picture. */
  readonly pictures: string[];
  /** What the decoder complained of. */
  readonly complaints: string;
}

/** Decodes everything. `name` tells ffmpeg the format. */
export function decode(bytes: Uint8Array, name: 'stream.mp4' | 'stream.h264'): Decoded {
  return withFile(bytes, name, (path) => {
    const output = ['-fps_mode', 'passthrough', '-copyts', '-enc_time_base', '-1'];
    const args = ['-v', 'warning', '-i', path, '-map', '0:v', ...output, '-f', 'framemd5', '-'];
    const { stdout, stderr } = spawnSync(ffmpeg ?? 'ffmpeg', args, { encoding: 'utf8' });
    const rows = stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(',').map((field) => field.trim()));
    return {
      times: rows.map((row) => Number(row[2])),
      pictures: rows.map((row) => row[5] ?? ''),
      complaints: stderr,
    };
  });
}

/** What mediabunny says of the track and of each packet, in decoding order. */
export async function readByMediabunny(mp4: Buffer) {
  using input = new Input({ formats: ALL_FORMATS, source: new BufferSource(new Uint8Array(mp4)) });
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error('mediabunny finds no video track');
  const samples: (JudgedSample & { readonly data: Uint8Array })[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    samples.push({
      pts: Math.round(packet.timestamp * 90_000),
      duration: Math.round(packet.duration * 90_000),
      size: packet.byteLength,
      key: packet.type === 'key',
      data: packet.data,
    });
  }
  return {
    samples,
    codec: await track.getCodecParameterString(),
    codedWidth: await track.getCodedWidth(),
    displayWidth: await track.getDisplayWidth(),
    displayHeight: await track.getDisplayHeight(),
    colour: await track.getColorSpace(),
  };
}

/** What mp4box says of the file and of each sample, in decoding order. */
export function readByMp4box(mp4: Buffer) {
  const file = createFile();
  const bytes = new Uint8Array(mp4);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.buffer, 0), true);
  file.flush();
  const info = file.getInfo();
  const track = info.videoTracks[0];
  if (!track) throw new Error('mp4box finds no video track');
  const samples = file.getTrackSamplesInfo(track.id).map((sample) => ({
    pts: sample.cts,
    dts: sample.dts,
    duration: sample.duration,
    size: sample.size,
    key: sample.is_sync,
    offset: sample.offset,
  }));
  return { samples, track, created: info.created, isFragmented: info.isFragmented };
}
