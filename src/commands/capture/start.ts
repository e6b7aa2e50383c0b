/**
 * `camrec capture start`: tells the phones to begin.
 */
import * as Flags from '@oclif/core/flags';
import type { CaptureOutcome } from '../../lib/admin/capture.js';
import { NOTHING } from '../../lib/base/format.js';
import { printable } from '../../lib/base/printable.js';
import { parseBitrate, parseFps, parseTimeout } from '../../lib/base/units.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import {
  aspectFlag,
  bitrateFlag,
  byDefault,
  daemonPortFlag,
  deviceFlag,
  durationFlag,
  fpsFlag,
  labelFlag,
  SOME_WAIT,
  wholeNumberFlag,
  withEnv,
} from '../../lib/cli/flags.js';

/** How long the files of a recording with `--duration` may take: as long as `capture stop` waits. */
const STOP_TIMEOUT_MS = 30_000;

const STILL_RECORDING = {
  message: 'Ended at once: the phones may still be recording.',
  hint: 'camrec capture stop ends it.',
};

export default class CaptureStart extends BaseCommand {
  static override summary = 'Tell the phones to begin, and wait until each has.';

  static override description =
    'Every connected phone is told, or those that --device names. A phone that is recording already is reported as ' +
    'such and left alone. With --duration it is a whole recording: the phones are stopped after that time (or on ' +
    'Ctrl-C), the files are finished, and the sessions are shown as capture stop does.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --aspect 16:9 --bitrate 8 --fps 30 --label "first run"',
    '<%= config.bin %> <%= command.id %> --device bench-1 --device bench-2',
    {
      description:
        'A whole recording for a script: waits for two phones, records 30 seconds, finishes the files.',
      command: '<%= config.bin %> <%= command.id %> --wait-devices 2 --duration 30s --json',
    },
  ];

  static override flags = withEnv({
    aspect: aspectFlag({
      description:
        "Shape of the picture; 1:1 does not crop. [default: as chosen on the phone's screen]",
    }),
    bitrate: bitrateFlag({
      ...byDefault(parseBitrate, '4'),
      description: 'Mbit/s, a whole number.',
    }),
    fps: fpsFlag({
      ...byDefault(parseFps, '10'),
      description: 'Pictures per second; 0: as many as the phone can.',
    }),
    device: deviceFlag,
    label: labelFlag({ description: 'Written into every session; sessions list finds it.' }),
    'wait-devices': wholeNumberFlag({
      min: 1,
      max: 256,
      description: 'Wait until so many phones are connected.',
    }),
    timeout: durationFlag({
      ...SOME_WAIT,
      ...byDefault(parseTimeout, '10s'),
      description: 'How long to wait for phones to connect, and again for them to begin.',
    }),
    duration: durationFlag({ description: 'Record so long, then stop and finish.' }),
    'no-wait': Flags.boolean({
      description: 'Return when the phones have been told.',
      exclusive: ['duration'],
    }),
    port: daemonPortFlag,
  });

  async run(): Promise<CaptureOutcome> {
    const { flags } = await this.parse(CaptureStart);
    const { findDaemon } = await import('../../lib/admin/find-daemon.js');
    const { runCapture } = await import('../../lib/admin/capture.js');
    const { captureExitCode } = await import('../../lib/admin/outcome.js');
    const { captureProgress, silentProgress } = await import('../../lib/cli/capture-progress.js');
    const { onInterrupt } = await import('../../lib/cli/interrupt.js');

    const { client } = await findDaemon({ port: flags.port });
    // Only a recording of this command's own is ended by Ctrl-C; otherwise the phones carry on.
    const interrupt =
      flags.duration === undefined ? undefined : onInterrupt(STILL_RECORDING, this.jsonEnabled());
    try {
      const outcome = await runCapture({
        client,
        bitrate: flags.bitrate,
        fps: flags.fps,
        aspectRatio: flags.aspect,
        devices: flags.device,
        label: flags.label,
        waitDevices: flags['wait-devices'],
        timeoutMs: flags.timeout,
        wait: !flags['no-wait'],
        durationMs: flags.duration,
        stopTimeoutMs: STOP_TIMEOUT_MS,
        signal: interrupt?.signal,
        view: this.jsonEnabled() ? silentProgress : captureProgress(process.stderr),
      });
      this.exitWith(captureExitCode(outcome));
      if (!this.jsonEnabled()) this.log(await describe(outcome));
      return outcome;
    } finally {
      interrupt?.dispose();
      client.close();
    }
  }
}

async function describe(outcome: CaptureOutcome): Promise<string> {
  const { capture, devices, sessions, endedEarly = [] } = outcome;
  if (sessions !== undefined && sessions.length > 0) {
    const { renderStoppedSessions } = await import('../../lib/cli/stopped-sessions.js');
    const early = endedEarly.map((id) => `\n${id}: ended before its time`);
    return renderStoppedSessions(sessions, process.stdout) + early.join('');
  }
  const { renderTable } = await import('../../lib/cli/table.js');
  const table = renderTable(
    [{ head: 'PHONE' }, { head: 'STATE' }, { head: 'SESSION' }, { head: 'MESSAGE' }],
    devices.map(({ name, state, sessionId, message }) => [
      name,
      state.replaceAll('-', ' '),
      sessionId ?? NOTHING,
      message ?? NOTHING,
    ]),
    process.stdout,
  );
  const label = capture.label === null ? '' : `, label ${printable(capture.label)}`;
  return `${table}\n\ncapture ${capture.id}${label}`;
}
