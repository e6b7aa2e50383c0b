/**
 * Reads an operator's lines at the terminal of `camrec serve` and carries them out.
 */
import { createInterface } from 'node:readline';
import type { DaemonApi } from '../admin/daemon-api.js';
import type { DeviceStatus } from '../admin/protocol.js';
import { errorMessage } from '../base/errors.js';
import { count, formatBitrate, formatBytes, formatRate } from '../base/format.js';
import { printable } from '../base/printable.js';
import { isInBackground } from '../base/process-identity.js';
import { CONSOLE_HELP, type ConsoleLine, parseConsoleLine } from './console-line.js';

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 30_000;

/** A shell moves jobs between foreground and background without a word. */
const LOOK_EVERY_MS = 500;

export interface ConsoleOptions {
  readonly input: NodeJS.ReadableStream;
  readonly print: (line: string) => void;
  readonly api: DaemonApi;
  readonly quit: () => void;
  /** Whether the input must not be read now; as the system tells it, unless given. */
  readonly isInBackground?: () => boolean;
}

/**
 * Begins to read lines; returns a function that ends it. The end of the input ends nothing else. What is typed while the
 * process is in the background is for the shell, and is not read.
 */
export function readConsole(options: ConsoleOptions): () => void {
  const lines = createInterface({ input: options.input, terminal: false });
  const print = (line: string) => options.print(printable(line));
  lines.on('line', (line) => {
    carryOut(parseConsoleLine(line), { ...options, print }).catch((error) =>
      print(errorMessage(error)),
    );
  });
  const look = () => {
    if ((options.isInBackground ?? isInBackground)()) lines.pause();
    else lines.resume();
  };
  look();
  const looks = setInterval(look, LOOK_EVERY_MS);
  // It was stopped in the foreground, and may go on in the background.
  process.on('SIGCONT', look);
  lines.once('close', () => {
    clearInterval(looks);
    process.off('SIGCONT', look);
  });
  return () => lines.close();
}

async function carryOut(line: ConsoleLine, options: ConsoleOptions): Promise<void> {
  const { api, print, quit } = options;
  switch (line.kind) {
    case 'nothing':
      break;
    case 'refused':
      print(line.message);
      break;
    case 'help':
      CONSOLE_HELP.forEach(print);
      break;
    case 'start': {
      const { bitrate, fps, aspectRatio } = line.request;
      await api.startCapture(
        { bitrate, fps, aspectRatio, timeoutMs: START_TIMEOUT_MS },
        ({ name, state, message }) => {
          if (state !== 'started') print([`${name}: ${state}`, message].filter(Boolean).join(', '));
        },
      );
      break;
    }
    case 'stop': {
      const { sessions } = await api.stopCapture({ timeoutMs: STOP_TIMEOUT_MS });
      if (sessions.length === 0) print('no phone is recording');
      break;
    }
    case 'status':
      await printStatus(api, print);
      break;
    case 'quit':
      quit();
      break;
  }
}

async function printStatus(api: DaemonApi, print: (line: string) => void): Promise<void> {
  const { daemon, devices } = await api.status();
  print(`${daemon.url}, ${daemon.dir}, ${formatBytes(daemon.freeBytes)} free`);
  if (devices.length === 0) print('no phone is connected');
  for (const device of devices) print(deviceLine(device));
}

function deviceLine(device: DeviceStatus): string {
  const { name, state, fps, bitrate, frames, lost } = device;
  if (state !== 'recording') return `${name}: ${state}`;
  const figures = [
    `${formatRate(fps)} fps`,
    formatBitrate(bitrate),
    count(frames, 'frame'),
    `${lost} lost`,
  ];
  return `${name}: ${state}, ${figures.join(', ')}`;
}
