/**
 * `camrec simulate`: phones without phones.
 */
import * as Flags from '@oclif/core/flags';
import { EXIT } from '../lib/base/errors.js';
import { count, formatBytes, formatDuration, NOTHING } from '../lib/base/format.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { renderColumns } from '../lib/cli/columns.js';
import { durationFlag, fpsFlag, pathFlag, wholeNumberFlag, withEnv } from '../lib/cli/flags.js';
import type { PhoneEvent } from '../lib/simulate/phone.js';
import {
  parseBetween,
  parseClockJump,
  parseDelay,
  parseProbability,
} from '../lib/simulate/quantities.js';
import { type DeviceReport, failedDevices, type SimulationReport } from '../lib/simulate/report.js';

const STREAM = { helpGroup: 'STREAM' };
const FAULTS = { helpGroup: 'FAULT' };

const probabilityFlag = Flags.custom<number>({
  parse: async (input) => parseProbability(input),
  default: 0,
  defaultHelp: async () => '0',
  helpValue: 'P',
  ...FAULTS,
});

export default class Simulate extends BaseCommand {
  static override summary = 'Behave like phones do, for trying, tests and CI.';

  static override description =
    'Connects to a server as phones with the camera app would, waits to be told to start and to stop, and reports ' +
    'what was sent. What chance decides follows from the seed: pictures, device times and faults are the same in ' +
    'every run. Ends on Ctrl-C, after --duration or --captures, or when the server closes the connections.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --devices 3 --duration 1m',
    '<%= config.bin %> <%= command.id %> --autostart --frames 100 --captures 1 --json',
    '<%= config.bin %> <%= command.id %> --input film.h264 --fps 30 --drop 2% --seed 7',
  ];

  static override flags = withEnv({
    url: Flags.string({
      description: 'Address of the server; any path and query.',
      default: 'ws://127.0.0.1:8765/android-cam',
      helpValue: 'URL',
    }),
    devices: wholeNumberFlag({ description: 'How many phones.', min: 1, default: 1 }),
    name: Flags.string({
      description:
        'What the phones are called: NAME, or NAME-1, NAME-2, … where there are several; empty for none.',
      helpValue: 'NAME',
    }),
    model: Flags.string({
      description: 'The model that they say they are.',
      helpValue: 'MODEL',
    }),
    insecure: Flags.boolean({ description: 'Accept any TLS certificate.' }),
    seed: wholeNumberFlag({ description: 'What chance decides follows from it.', default: 1 }),
    duration: durationFlag({ description: 'End so long after all phones have connected.' }),
    captures: wholeNumberFlag({ description: 'Leave after so many captures.', min: 1 }),
    autostart: Flags.boolean({ description: 'Begin without being told to.' }),
    'on-start': Flags.option({ options: ['capture', 'error', 'silence'] as const })({
      description: 'What the phones do when they are told to start.',
      default: 'capture',
    }),
    'start-delay': durationFlag({ description: 'How long a camera takes to open.' }),
    input: pathFlag({
      description: 'H.264 file (Annex B) to send instead of the built-in sample.',
      helpValue: 'FILE',
      ...STREAM,
    }),
    times: pathFlag({
      description: "File with each picture's time in milliseconds, one a line.",
      helpValue: 'FILE',
      ...STREAM,
    }),
    fps: fpsFlag({
      description: "Pictures per second, whatever is asked for; 0: the sample's own rate.",
      ...STREAM,
    }),
    jitter: Flags.custom<number>({
      parse: async (input) => parseBetween(input, 0, 0.9, 'an unevenness'),
      description: 'How uneven the rate is: 0.4 makes intervals up to 40% longer or shorter.',
      helpValue: '0.4',
      ...STREAM,
    })(),
    speed: Flags.custom<number>({
      parse: async (input) => parseBetween(input, 0.01, 1000, 'a speed'),
      description: 'Send faster than the device times say: 10 makes a minute of six seconds.',
      helpValue: '10',
      ...STREAM,
    })(),
    frames: wholeNumberFlag({
      description: 'Stop each capture after so many pictures.',
      min: 1,
      ...STREAM,
    }),
    config: Flags.option({ options: ['once', 'split', 'repeat', 'never'] as const })({
      description:
        'How SPS and PPS come: first, as two packets, before each key picture too, or not.',
      default: 'once',
      ...STREAM,
    }),
    'early-frames': wholeNumberFlag({
      description: 'Send configuration and so many pictures before capture_started.',
      ...STREAM,
    }),
    'first-sequence': wholeNumberFlag({
      description: 'Sequence number of the first packet.',
      max: 0xffff_ffff,
      default: 0,
      ...STREAM,
    }),
    drop: probabilityFlag({ description: 'Lose pictures.' }),
    repeat: probabilityFlag({ description: 'Send packets twice.' }),
    delay: Flags.custom<{ delay: number; delayMs: number }>({
      parse: async (input) => parseDelay(input),
      description: 'Hold pictures, and all behind them, up.',
      helpValue: 'P:TIME',
      ...FAULTS,
    })(),
    corrupt: probabilityFlag({ description: 'Flip bits in pictures.' }),
    'wrong-length': probabilityFlag({ description: 'Send messages that must be rejected.' }),
    'duplicate-times': probabilityFlag({
      description: 'Give pictures the time of the one before.',
    }),
    'backward-times': probabilityFlag({ description: 'Give pictures a time before that one.' }),
    garbage: probabilityFlag({ description: 'Send text that must be ignored.' }),
    'clock-jump': Flags.custom<{ afterMs: number; byMs: number }>({
      parse: async (input) => parseClockJump(input),
      description: 'AFTER into each capture let the device clock jump by BY.',
      helpValue: 'AFTER:BY',
      ...FAULTS,
    })(),
    'disconnect-after': durationFlag({
      description: 'Cut the connection so long after a capture began.',
      ...FAULTS,
    }),
    'empty-at-stop': Flags.boolean({
      description: 'End captures with an empty packet.',
      ...FAULTS,
    }),
    'late-frames': wholeNumberFlag({
      description: 'Send so many pictures after capture_stopped.',
      max: 1000,
      default: 0,
      ...FAULTS,
    }),
    'stale-frames': wholeNumberFlag({
      description: 'Keep so many pictures of a capture back until the next one begins.',
      max: 1000,
      default: 0,
      ...FAULTS,
    }),
  });

  async run(): Promise<SimulationReport> {
    const { flags } = await this.parse(Simulate);
    const { simulatePhones } = await import('../lib/simulate/simulate-phones.js');
    const { onInterrupt } = await import('../lib/cli/interrupt.js');
    const ending = onInterrupt({ message: 'Ended at once.' }, this.jsonEnabled());
    const simulating = simulatePhones({
      url: flags.url,
      insecure: flags.insecure,
      devices: flags.devices,
      name: flags.name,
      input: flags.input,
      times: flags.times,
      durationMs: flags.duration,
      signal: ending.signal,
      onEvent: (name, event) => this.#tell(name, event),
      onConnected: (connected) => {
        this.logToStderr(`${count(connected, 'phone')} connected. Ctrl-C ends.`);
      },
      behaviour: {
        seed: flags.seed,
        ...(flags.model !== undefined && { model: flags.model }),
        ...(flags.jitter !== undefined && { jitter: flags.jitter }),
        ...(flags.speed !== undefined && { speed: flags.speed }),
        fps: flags.fps,
        autostart: flags.autostart,
        onStart: flags['on-start'],
        startDelayMs: flags['start-delay'] ?? 0,
        config: flags.config,
        earlyFrames: flags['early-frames'],
        firstSequence: flags['first-sequence'],
        maxFrames: flags.frames,
        maxCaptures: flags.captures,
        disconnectAfterMs: flags['disconnect-after'],
        emptyAtStop: flags['empty-at-stop'],
        lateFrames: flags['late-frames'],
        staleFrames: flags['stale-frames'],
        faults: {
          drop: flags.drop,
          repeat: flags.repeat,
          delay: flags.delay?.delay ?? 0,
          delayMs: flags.delay?.delayMs ?? 0,
          corrupt: flags.corrupt,
          wrongLength: flags['wrong-length'],
          duplicateTime: flags['duplicate-times'],
          backwardTime: flags['backward-times'],
          garbage: flags.garbage,
          clockJump: flags['clock-jump'],
        },
      },
    });
    const report = await simulating.finally(() => ending.dispose());
    if (failedDevices(report).length > 0) this.exitWith(EXIT.partial);
    if (!this.jsonEnabled()) this.log(describe(report));
    return report;
  }

  #tell(name: string | null, event: PhoneEvent): void {
    const who = name ?? 'a phone';
    if (event.kind === 'capture-started')
      this.logToStderr(`${who}: capture ${event.capture} began`);
    else if (event.kind === 'capture-stopped') {
      const { capture, frames, stoppedBy } = event.report;
      this.logToStderr(
        `${who}: capture ${capture} ended by ${stoppedBy}, ${count(frames, 'frame')}`,
      );
    }
  }
}

/** The report for people: one row for each capture, or one that says that there was none. */
function describe(report: SimulationReport): string {
  const number = { align: 'right' } as const;
  return renderColumns(
    [
      { head: 'PHONE' },
      { head: 'CAPTURE', ...number },
      { head: 'FRAMES', ...number },
      { head: 'PACKETS', ...number },
      { head: 'SIZE', ...number },
      { head: 'DURATION', ...number },
      { head: 'MISSING', ...number },
      { head: 'REPEATED', ...number },
      { head: 'REJECTED', ...number },
      { head: 'STOPPED BY' },
      { head: 'CONNECTION' },
    ],
    report.devices.flatMap(rowsOf),
    process.stdout,
  );
}

function rowsOf(device: DeviceReport): string[][] {
  const name = device.name ?? NOTHING;
  const end = device.connection.end.replaceAll('-', ' ');
  if (device.captures.length === 0) return [[name, ...Array(9).fill(NOTHING), end]];
  return device.captures.map((capture) => [
    name,
    String(capture.capture),
    String(capture.frames),
    String(capture.packets),
    formatBytes(capture.bytes),
    formatDuration(capture.durationMs),
    String(capture.missing),
    String(capture.repeated),
    String(capture.wrongLength),
    capture.stoppedBy,
    end,
  ]);
}
