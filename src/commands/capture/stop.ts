/**
 * `camrec capture stop`: tells the phones to end, and shows what has become of it.
 */
import * as Flags from '@oclif/core/flags';
import type { StopCaptureResult } from '../../lib/admin/protocol.js';
import { parseTimeout } from '../../lib/base/units.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import {
  byDefault,
  daemonPortFlag,
  deviceFlag,
  durationFlag,
  SOME_WAIT,
  withEnv,
} from '../../lib/cli/flags.js';

/** Nobody needs to be told what a shorter wait is for. */
const SHORT_MS = 500;

async function sayStopping(): Promise<void> {
  const { captureProgress } = await import('../../lib/cli/capture-progress.js');
  captureProgress(process.stderr).stopping();
}

export default class CaptureStop extends BaseCommand {
  static override summary = 'Tell the phones to end, and wait until each MP4 is finished.';

  static override description =
    'Shows each session with the measured time from the stop to the playable MP4. A session that is not finished ' +
    'in time is finished all the same; sessions list shows it later.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --device bench-1',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  static override flags = withEnv({
    device: deviceFlag,
    timeout: durationFlag({
      ...SOME_WAIT,
      ...byDefault(parseTimeout, '30s'),
      description: 'How long to wait for the files.',
    }),
    'no-wait': Flags.boolean({ description: 'Return when the phones have been told.' }),
    port: daemonPortFlag,
  });

  async run(): Promise<StopCaptureResult> {
    const { flags } = await this.parse(CaptureStop);
    const { findDaemon } = await import('../../lib/admin/find-daemon.js');
    const { stopCapture } = await import('../../lib/admin/capture.js');
    const { stopExitCode } = await import('../../lib/admin/outcome.js');

    const { client } = await findDaemon({ port: flags.port });
    const waiting = this.jsonEnabled() ? undefined : setTimeout(sayStopping, SHORT_MS);
    const result = await stopCapture(client, {
      devices: flags.device,
      timeoutMs: flags['no-wait'] ? 0 : flags.timeout,
    }).finally(() => {
      clearTimeout(waiting);
      client.close();
    });
    if (!flags['no-wait']) this.exitWith(stopExitCode(result));
    if (!this.jsonEnabled()) await this.#show(result);
    return result;
  }

  async #show({ sessions, endedBefore = [] }: StopCaptureResult): Promise<void> {
    const { renderStoppedSessions } = await import('../../lib/cli/stopped-sessions.js');
    const render = (some: typeof sessions) => renderStoppedSessions(some, process.stdout);
    this.log(sessions.length === 0 ? 'No phone was recording.' : render(sessions));
    if (endedBefore.length > 0) this.log(`\nEnded before:\n${render(endedBefore)}`);
  }
}
