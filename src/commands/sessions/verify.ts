/**
 * `camrec sessions verify`: proves that recordings are what they should be.
 */
import { basename } from 'node:path';
import { EXIT } from '../../lib/base/errors.js';
import { printable } from '../../lib/base/printable.js';
import { sessionArg } from '../../lib/cli/arguments.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { daemonPortFlag, pathFlag, withEnv } from '../../lib/cli/flags.js';
import { paint } from '../../lib/cli/terminal.js';
import type { VerifyReport } from '../../lib/verify/verify.js';
import type { Check, VerifyResult } from '../../lib/verify/verify-types.js';

const CUT_SHORT = {
  message: 'Ended before every session was verified.',
  hint: 'Nothing was changed: run it again.',
};

export default class SessionsVerify extends BaseCommand {
  static override summary = 'Prove that sessions are what they should be.';

  static override description =
    `Computes everything anew from the raw stream and the index, and holds it against the MP4, the manifest and the checksums, byte for byte; with ffmpeg there, every picture is decoded too. One flipped byte anywhere in the stream, the MP4 or the index is found. Without arguments all sessions of the recordings directory are meant.

Exit code 1: no session is as it should be. 5: some are and some are not.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> sim-1_20250601_143005',
    '<%= config.bin %> <%= command.id %> /srv/recordings --json',
  ];

  static override args = {
    session: sessionArg({
      multiple: true,
      description:
        "A session's id, the beginning of it, its directory, or a directory of sessions.",
    }),
  };

  static override flags = withEnv({
    dir: pathFlag({ description: 'The recordings directory.', helpValue: 'DIR' }),
    port: daemonPortFlag,
  });

  async run(): Promise<VerifyReport> {
    const { argv, flags } = await this.parse(SessionsVerify);
    const { findRecordings } = await import('../../lib/admin/live-sessions.js');
    const { systemDisk } = await import('../../lib/storage/disk.js');
    const { settleForShortWork } = await import('../../lib/base/engine-settings.js');
    const { onEndingSignals } = await import('../../lib/base/ending-signals.js');
    const { endAtOnce } = await import('../../lib/cli/interrupt.js');
    const { verifySessions } = await import('../../lib/verify/verify.js');
    settleForShortWork();
    const sessions = argv.map(String);
    const place = await findRecordings({ dir: flags.dir, port: flags.port, sessions });
    const end = () => endAtOnce(CUT_SHORT, this.jsonEnabled());
    const endSignals = onEndingSignals(end, end);
    const report = await verifySessions({
      disk: systemDisk,
      version: this.config.version,
      recordings: place.dir,
      sessions,
      onResult: (result) => {
        if (!this.jsonEnabled()) this.log(describe(result));
      },
    }).finally(endSignals);
    for (const { path, reason } of this.jsonEnabled() ? [] : report.leftOut) {
      this.logToStderr(`${basename(path)}: left out, ${reason}`);
    }
    if (report.results.length === 0) this.logToStderr(`No session in ${place.dir} to verify.`);
    const wrong = report.results.filter(({ ok }) => !ok).length;
    if (wrong > 0) this.exitWith(wrong === report.results.length ? EXIT.failed : EXIT.partial);
    return report;
  }
}

function describe({ path, ok, checks }: VerifyResult): string {
  const verdict = ok
    ? paint('green', 'ok', process.stdout)
    : paint('red', 'NOT OK', process.stdout);
  return [`${basename(path)}: ${verdict}`, ...checks.map(describeCheck)].join('\n');
}

function describeCheck({ name, ok, leftOut, detail }: Check): string {
  const mark = leftOut ? 'left out' : ok ? 'ok' : 'NOT OK';
  return `  ${name.padEnd(15)} ${mark.padEnd(9)} ${printable(detail)}`;
}
