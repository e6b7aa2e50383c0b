/**
 * The process that makes thumbnails for the daemon: decision 56. Ends with the daemon, whatever ends that.
 */
import { silentLogger } from '../base/logger.js';
import { Thumbnailer } from './thumbnail.js';
import type { ThumbnailReport, ThumbnailRequest } from './thumbnail-messages.js';

// They are sent to the whole terminal or service, and the daemon still finishes its sessions.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.title = 'camrec thumbnails';

// Not by itself alone: an ffmpeg that hangs would outlive both. execa ends it with this process.
process.on('disconnect', () => process.exit());

const thumbnailer = new Thumbnailer({
  ...silentLogger,
  warn: (fields, message) => report({ kind: 'warning', fields, message }),
});
const wanted = new Map<number, AbortController>();

process.on('message', (request: ThumbnailRequest) => {
  if (request.kind === 'make') void make(request);
  else wanted.get(request.id)?.abort();
});

if (!(await thumbnailer.lookForFfmpeg())) report({ kind: 'unable' });

async function make({ id, picture, path }: ThumbnailRequest & { kind: 'make' }): Promise<void> {
  const givenUp = new AbortController();
  wanted.set(id, givenUp);
  const made = await thumbnailer.make(picture, path, givenUp.signal);
  wanted.delete(id);
  report({ kind: 'done', id, made });
}

function report(message: ThumbnailReport): void {
  // The daemon may have gone meanwhile.
  if (process.connected) process.send?.(message, () => {});
}
