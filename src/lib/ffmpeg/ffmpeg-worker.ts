/**
 * The process that starts ffmpeg for the daemon: decision 56. Ends with the daemon, whatever ends that.
 */
import { ENDING_SIGNALS } from '../base/ending-signals.js';
import { CamrecError, errorMessage } from '../base/errors.js';
import { runFfmpeg } from './ffmpeg.js';
import type { FfmpegAnswer, FfmpegOrder } from './ffmpeg-process.js';

// They are sent to the whole terminal or service, and the daemon still finishes its sessions.
for (const signal of ENDING_SIGNALS) process.on(signal, () => {});
process.title = 'camrec ffmpeg';

// At once: an ffmpeg that hangs would outlive the daemon. execa ends it with this process.
process.on('disconnect', () => process.exit());

process.on('message', async ({ id, args, options }: FfmpegOrder) => {
  const answer = await runFfmpeg(args, options).then(
    (result): FfmpegAnswer => ({ id, result }),
    (error: unknown): FfmpegAnswer => ({
      id,
      error: {
        code: error instanceof CamrecError ? error.code : 'FFMPEG_FAILED',
        message: errorMessage(error),
      },
    }),
  );
  // The daemon may have gone meanwhile.
  if (process.connected) process.send?.(answer, () => {});
});
