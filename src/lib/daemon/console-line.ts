/**
 * The lines that an operator types into `camrec serve`: those of the original server, and a few more.
 */
import { CamrecError } from '../base/errors.js';
import { parseAspectRatio, parseBitrate, parseFps } from '../base/units.js';
import { type CaptureRequest, DEFAULT_CAPTURE_REQUEST } from '../wire/camera-commands.js';

export const CONSOLE_HELP = [
  'start [w:h] [bitrate] [fps]   tell all phones to record, such as: start 4:3 4 10',
  'stop                          tell all phones to stop',
  'status                        show the phones',
  'help                          show this',
  'quit                          stop the phones, finish every session and end',
] as const;

export type ConsoleLine =
  | { readonly kind: 'start'; readonly request: CaptureRequest }
  | { readonly kind: 'stop' | 'status' | 'help' | 'quit' | 'nothing' }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads one line. Bad values are refused with the reason, never replaced by a default. Never throws. */
export function parseConsoleLine(line: string): ConsoleLine {
  const [word = '', ...args] = line.trim().split(/\s+/);
  const command = word.toLowerCase();
  switch (command) {
    case '':
      return { kind: 'nothing' };
    case 'start':
      return parseStart(args);
    case 'stop':
    case 'status':
    case 'help':
    case 'quit': {
      const [extra] = args;
      if (extra === undefined) return { kind: command };
      return {
        kind: 'refused',
        message: `"${command}" takes nothing behind it, but got "${extra}"`,
      };
    }
    default:
      return { kind: 'refused', message: `"${word}" is no command here; type help` };
  }
}

function parseStart(args: readonly string[]): ConsoleLine {
  const rest = [...args];
  const ratio = rest[0]?.includes(':') ? rest.shift() : undefined;
  const [bitrate, fps, extra] = rest;
  if (extra !== undefined) {
    return {
      kind: 'refused',
      message: `"start" takes ratio, bitrate and fps; "${extra}" is too much`,
    };
  }
  try {
    return {
      kind: 'start',
      request: {
        bitrate: bitrate === undefined ? DEFAULT_CAPTURE_REQUEST.bitrate : parseBitrate(bitrate),
        fps: fps === undefined ? DEFAULT_CAPTURE_REQUEST.fps : parseFps(fps),
        ...(ratio !== undefined && { aspectRatio: parseAspectRatio(ratio) }),
      },
    };
  } catch (error) {
    if (!(error instanceof CamrecError)) throw error;
    return { kind: 'refused', message: [error.message, error.hint].filter(Boolean).join(' ') };
  }
}
