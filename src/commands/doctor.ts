/**
 * `camrec doctor`: is everything there that recording needs?
 */
import { EXIT } from '../lib/base/errors.js';
import { parseSize } from '../lib/base/units.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import {
  byDefault,
  hostFlag,
  pathFlag,
  sizeFlag,
  wholeNumberFlag,
  withEnv,
} from '../lib/cli/flags.js';
import { paint } from '../lib/cli/terminal.js';
import type { Finding } from '../lib/daemon/finding.js';

const MARKS = {
  ok: ['green', 'ok     '],
  warning: ['yellow', 'warning'],
  failed: ['red', 'failed '],
} as const;

export default class Doctor extends BaseCommand {
  static override summary =
    'Check Node, ffmpeg, port, admin socket, directory, disk and clock, and say what to do.';

  static override description =
    'Takes --host, --port, --dir and --min-free as serve does, and writes a few megabytes to the recordings directory to see how fast it is; they are removed again, and a directory that is not there yet is not made. Exits 1 when something keeps recording from working; a warning is no reason.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dir /srv/recordings --json',
  ];

  static override flags = withEnv({
    host: hostFlag({ default: '0.0.0.0', description: 'Address to listen on.' }),
    port: wholeNumberFlag({
      min: 0,
      max: 65_535,
      default: 8765,
      description: 'Port to listen on.',
    }),
    dir: pathFlag({ default: 'recordings', description: 'Directory of the recordings.' }),
    'min-free': sizeFlag({
      ...byDefault(parseSize, '1GiB'),
      description: 'Free disk space below which nothing is recorded.',
    }),
  });

  async run(): Promise<{ ok: boolean; checks: Finding[] }> {
    const { flags } = await this.parse(Doctor);
    const { examine, isHealthy } = await import('../lib/daemon/doctor.js');
    const { systemDisk } = await import('../lib/storage/disk.js');
    const checks = await examine({
      disk: systemDisk,
      host: flags.host,
      port: flags.port,
      directory: flags.dir,
      minFreeBytes: flags['min-free'],
      nodeVersion: process.versions.node,
    });
    for (const check of checks) this.log(describe(check));
    const ok = isHealthy(checks);
    if (!ok) this.exitWith(EXIT.failed);
    return { ok, checks };
  }
}

function describe({ name, state, detail, advice }: Finding): string {
  const [colour, mark] = MARKS[state];
  const line = `${paint(colour, mark, process.stdout)}  ${name.padEnd(9)}  ${detail}`;
  return advice === null ? line : `${line}\n${' '.repeat(20)}${advice}`;
}
