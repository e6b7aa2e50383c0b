/**
 * Runs a daemon until it is told to end: what `camrec serve` does.
 */
import { onEndingSignals } from '../base/ending-signals.js';
import { settleForDaemon } from '../base/engine-settings.js';
import { EXIT, type ExitCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { FfmpegShell } from '../ffmpeg/ffmpeg-shell.js';
import { Thumbnailer } from '../ffmpeg/thumbnail.js';
import { warnIfOpen } from './access-settings.js';
import { readConsole } from './console.js';
import { Daemon } from './daemon.js';
import type { DaemonOptions } from './daemon-options.js';
import { monitorAddress } from './pages.js';

export interface ServeOptions extends DaemonOptions {
  /** The operator's terminal, where there is one. */
  readonly terminal: NodeJS.ReadableStream | undefined;
  /** Shows the operator a line. */
  readonly print: (line: string) => void;
  /** Called once phones can connect. */
  readonly onListening: (daemon: Daemon) => void;
}

/** Exit code of a process that a second signal ends at once. */
const INTERRUPTED = 130;

/**
 * Serves until SIGINT, SIGTERM, SIGHUP or `quit`, then finishes every session. A second signal ends the process at once.
 * Resolves with the exit code; the process should end with it, since a disk or an ffmpeg that hangs would hold it.
 */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  settleForDaemon();
  const ffmpeg = process.platform === 'win32' ? undefined : new FfmpegShell();
  const thumbnailer = new Thumbnailer(
    options.logger,
    ffmpeg && ((...order) => ffmpeg.run(...order)),
  );
  const daemon = new Daemon({
    ...options,
    makeThumbnail: (...order) => thumbnailer.make(...order),
  });
  await daemon.start();
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  // Before anybody is told that it runs: a script may end it at once.
  const endSignals = onEndingSignals(end, () => process.exit(INTERRUPTED));
  announce(options.logger, daemon);
  warnIfOpen(options.logger, options.host, options.access);
  if (options.terminal)
    options.print('type start, stop, status, help or quit here, or use camrec in another shell');
  const closeConsole =
    options.terminal &&
    readConsole({ input: options.terminal, print: options.print, api: daemon, quit: end });
  options.onListening(daemon);
  void thumbnailer.lookForFfmpeg().then((isThere) => {
    if (!isThere) ffmpeg?.close();
  });
  await ended;
  closeConsole?.();
  const unfinished = await daemon.stop();
  ffmpeg?.close();
  endSignals();
  return unfinished > 0 ? EXIT.partial : EXIT.done;
}

function announce(logger: Logger, { urls, info, pages }: Daemon): void {
  for (const { url, interface: name } of urls) {
    const via = name === undefined ? '' : ` (${name})`;
    logger.info({ event: 'listening', url, interface: name }, `phones connect to ${url}${via}`);
  }
  const monitor = monitorAddress(pages, info.port);
  const alone = pages.needsToken ? '' : ', for this machine alone';
  logger.info({ event: 'monitor', url: monitor }, `watch the cameras at ${monitor}${alone}`);
  const { fingerprint } = pages;
  if (fingerprint !== null) {
    const message = `the certificate has the SHA-256 fingerprint ${fingerprint}`;
    logger.info({ event: 'certificate', fingerprint }, message);
  }
  logger.info({ event: 'directory', directory: info.dir }, `recordings go to ${info.dir}`);
}
