/**
 * The H.264 profile and level that this browser can encode (ISO/IEC 14496-10, annex A).
 */
import type { Ratio } from './picture-area.js';

/** High, Main, Constrained Baseline: the best that there is. */
const PROFILES = ['6400', '4d00', '42e0'] as const;

/** Levels: macroblocks per second and per picture that they allow (table A-1). */
const LEVELS = [
  { level: 0x1e, perSecond: 40_500, perPicture: 1_620 },
  { level: 0x1f, perSecond: 108_000, perPicture: 3_600 },
  { level: 0x28, perSecond: 245_760, perPicture: 8_192 },
  { level: 0x2a, perSecond: 522_240, perPicture: 8_704 },
  { level: 0x33, perSecond: 983_040, perPicture: 36_864 },
  { level: 0x34, perSecond: 2_073_600, perPicture: 36_864 },
] as const;

const MACROBLOCK = 16;

/** The rate that the level is chosen for where none is asked for. */
const FULL_FPS = 30;

export interface EncoderWish extends Ratio {
  readonly bitsPerSecond: number;
  /** 0: as many as come. */
  readonly fps: number;
}

/** A configuration that this browser supports, or nothing. */
export async function chooseEncoder(wish: EncoderWish): Promise<VideoEncoderConfig | undefined> {
  const level = levelFor(wish).toString(16).padStart(2, '0');
  for (const profile of PROFILES) {
    const config: VideoEncoderConfig = {
      codec: `avc1.${profile}${level}`,
      width: wish.width,
      height: wish.height,
      bitrate: wish.bitsPerSecond,
      framerate: wish.fps || FULL_FPS,
      latencyMode: 'realtime',
      avc: { format: 'annexb' },
    };
    const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({
      supported: false,
    }));
    if (supported) return config;
  }
  return undefined;
}

/** level_idc of the lowest level that holds the pictures; the highest where none does. */
export function levelFor({ width, height, fps }: Ratio & { readonly fps: number }): number {
  const perPicture = Math.ceil(width / MACROBLOCK) * Math.ceil(height / MACROBLOCK);
  const perSecond = perPicture * (fps || FULL_FPS);
  const found = LEVELS.find((one) => one.perPicture >= perPicture && one.perSecond >= perSecond);
  return found?.level ?? 0x34;
}
