/**
 * Muxing as a command does it: on this machine's disk, with ffmpeg for thumbnails, and ended in good order by a signal.
 */
import { onEndingSignals } from '../base/ending-signals.js';
import { settleForShortWork } from '../base/engine-settings.js';
import { silentLogger } from '../base/logger.js';
import type { Thumbnailer } from '../ffmpeg/thumbnail.js';
import { systemDisk } from '../storage/disk.js';
import { type MuxOptions, mux } from './mux.js';
import type { MuxResult } from './mux-types.js';

export interface RunMuxOptions
  extends Omit<MuxOptions, 'disk' | 'now' | 'makeThumbnail' | 'signal'> {
  /** Shows the operator a sentence. */
  readonly warn: (sentence: string) => void;
  /** What a second signal does: ends the process. */
  readonly endAtOnce: () => never;
}

/** As `mux`. The first signal ends what runs and leaves the files that were there; a second one ends the process at once. */
export async function runMux({ warn, endAtOnce, ...options }: RunMuxOptions): Promise<MuxResult[]> {
  settleForShortWork();
  let thumbnailer: Promise<Thumbnailer> | undefined;
  // Only a session that is recovered needs one, and what runs ffmpeg takes long to load.
  const loadThumbnailer = async () => {
    const { Thumbnailer } = await import('../ffmpeg/thumbnail.js');
    return new Thumbnailer({ ...silentLogger, warn: (_fields, message) => warn(message) });
  };
  const ending = new AbortController();
  const endSignals = onEndingSignals(() => ending.abort(), endAtOnce);
  try {
    return await mux({
      ...options,
      disk: systemDisk,
      now: () => Date.now(),
      makeThumbnail: async (picture, path) => {
        thumbnailer ??= loadThumbnailer();
        return (await thumbnailer).make(picture, path);
      },
      signal: ending.signal,
    });
  } finally {
    endSignals();
  }
}
