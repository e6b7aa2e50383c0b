/**
 * Streams of libx264 for the tests that take whole files: one for each kind that cameras and people may have.
 */
import { execFileSync } from 'node:child_process';
import { ffmpeg } from './tools.js';

export interface GeneratedStream {
  readonly size?: string;
  readonly frames?: number;
  readonly profile: string;
  readonly pixelFormat?: string;
  readonly x264: string;
  readonly filter?: string;
}

export const GENERATED_STREAMS: Readonly<Record<string, GeneratedStream>> = {
  Baseline: { profile: 'baseline', x264: 'bframes=0' },
  'Baseline, four slices': { profile: 'baseline', x264: 'bframes=0:slices=4' },
  'Main, CAVLC': { profile: 'main', x264: 'bframes=0:cabac=0' },
  'Main, CABAC, B pictures': { profile: 'main', x264: 'bframes=3:b-pyramid=none' },
  'High, B pyramid': { profile: 'high', x264: 'bframes=3:b-pyramid=normal' },
  'High, strict B pyramid, slices, CAVLC': {
    profile: 'high',
    x264: 'bframes=5:b-pyramid=strict:slices=4:cabac=0:b-adapt=0',
  },
  'High, open groups': { profile: 'high', x264: 'bframes=3:open-gop=1:keyint=8:b-adapt=0' },
  'High, closed groups': { profile: 'high', x264: 'bframes=2:open-gop=0:keyint=6:b-adapt=0' },
  'High, key pictures alone': { profile: 'high', x264: 'keyint=1' },
  'High, delimiters and HRD': {
    profile: 'high',
    x264: 'bframes=2:aud=1:nal-hrd=vbr:vbv-bufsize=400:vbv-maxrate=200',
  },
  'High, periodic refresh': { profile: 'high', x264: 'bframes=0:intra-refresh=1' },
  'High, cropped': { profile: 'high', size: '170x134', x264: 'bframes=2' },
  'High, macroblock pairs of fields': { profile: 'high', x264: 'bframes=2:tff=1' },
  'High 10': { profile: 'high10', pixelFormat: 'yuv420p10le', x264: 'bframes=3' },
  'High 4:4:4': { profile: 'high444', pixelFormat: 'yuv444p', size: '97x65', x264: 'bframes=3' },
  'Main, sample aspect ratio': { profile: 'main', x264: 'bframes=1', filter: 'setsar=64/45' },
};

/** Encodes one; needs ffmpeg. Repeatable: the same bytes each time. */
export function generateStream(stream: GeneratedStream): Buffer {
  return encode(stream, ['-f', 'h264', 'pipe:1']);
}

/** The same pictures in an MP4 that libavformat has written while encoding, with their times. */
export function generateMp4(stream: GeneratedStream): Buffer {
  return encode(stream, ['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', 'pipe:1']);
}

/** The same as Blu-ray discs and camcorders have it: a transport stream with a time in front of each packet. */
export function generateM2ts(stream: GeneratedStream): Buffer {
  return encode(stream, ['-mpegts_m2ts_mode', '1', '-f', 'mpegts', 'pipe:1']);
}

/** MPEG-2, which has start codes too and is no H.264, by itself or in a transport stream. */
export function generateMpeg2(format: 'mpeg2video' | 'mpegts'): Buffer {
  const input = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x128:rate=25'];
  const output = ['-frames:v', '5', '-c:v', 'mpeg2video', '-f', format, 'pipe:1'];
  return execFileSync(ffmpeg ?? 'ffmpeg', [...input, ...output]);
}

function encode(stream: GeneratedStream, output: readonly string[]): Buffer {
  const { size = '160x128', frames = 30, profile, pixelFormat = 'yuv420p', x264 } = stream;
  const filters = [`testsrc2=size=${size}:rate=25`, stream.filter, `format=${pixelFormat}`];
  const source = filters.filter((filter) => filter !== undefined).join(',');
  const input = ['-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', String(frames)];
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', profile];
  const options = ['-x264-params', x264, '-threads', '1', ...output];
  return execFileSync(ffmpeg ?? 'ffmpeg', [...input, ...codec, ...options], {
    maxBuffer: 64 * 1024 * 1024,
  });
}
