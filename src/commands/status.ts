/**
 * `camrec status`: the daemon, its disk and its phones.
 */
import * as Flags from '@oclif/core/flags';
import type { DaemonStatus, DeviceStatus } from '../lib/admin/protocol.js';
import {
  count,
  formatBitrate,
  formatBytes,
  formatDuration,
  formatRate,
  NOTHING,
} from '../lib/base/format.js';
import { parseTimeout } from '../lib/base/units.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import type { Column } from '../lib/cli/column.js';
import { renderColumns } from '../lib/cli/columns.js';
import { byDefault, daemonPortFlag, durationFlag, withEnv } from '../lib/cli/flags.js';

export default class Status extends BaseCommand {
  static override summary = 'Show the daemon, the phones and their live figures.';

  static override description =
    'With --watch it is redrawn until Ctrl-C; where the output is no terminal, it is printed again and again instead.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --json --port 8765',
  ];

  static override flags = withEnv({
    watch: Flags.boolean({ description: 'Go on until Ctrl-C.', exclusive: ['json'] }),
    interval: durationFlag({
      ...byDefault(parseTimeout, '1s'),
      description: 'How often --watch looks.',
    }),
    port: daemonPortFlag,
  });

  async run(): Promise<DaemonStatus | undefined> {
    const { flags } = await this.parse(Status);
    const { findDaemon } = await import('../lib/admin/find-daemon.js');
    const { client } = await findDaemon({ port: flags.port });
    try {
      const look = async () => await client.call('daemon.status', {});
      if (!flags.watch) {
        const status = await look();
        this.log(describe(status));
        return status;
      }
      const { watch } = await import('../lib/cli/watch.js');
      await watch(process.stdout, flags.interval, async () => describe(await look()));
      return undefined;
    } finally {
      client.close();
    }
  }
}

const RIGHT = 'right';

const COLUMNS: readonly Column[] = [
  { head: 'PHONE' },
  { head: 'MODEL' },
  { head: 'STATE' },
  { head: 'FPS', align: RIGHT },
  { head: 'RATE', align: RIGHT },
  { head: 'FRAMES', align: RIGHT },
  { head: 'LOST', align: RIGHT },
  { head: 'LAST SEEN', align: RIGHT },
  { head: 'ID' },
];

function describe({ daemon, devices }: DaemonStatus): string {
  const untilFull =
    daemon.timeUntilFullMs === null
      ? ''
      : `, full in ${formatDuration(daemon.timeUntilFullMs)} at this rate`;
  const trouble = daemon.trouble === null ? [] : [`no recording can begin: ${daemon.trouble}`];
  const uptime = formatDuration(daemon.uptimeMs);
  const head = [
    `camrec ${daemon.version}, process ${daemon.pid}, up ${uptime}`,
    `phones connect to ${daemon.url}`,
    `recordings in ${daemon.dir}`,
    `${formatBytes(daemon.freeBytes)} free${untilFull}`,
    ...trouble,
  ];
  if (devices.length === 0) return [...head, '', 'No phone is connected.'].join('\n');
  const table = renderColumns(COLUMNS, devices.map(row), process.stdout);
  const recording = devices.filter(({ state }) => state === 'recording').length;
  const summary = `${count(devices.length, 'phone')}, ${recording} recording`;
  return [...head, '', table, '', summary].join('\n');
}

function row(device: DeviceStatus): string[] {
  const live = device.sessionId !== null;
  return [
    device.name,
    device.model ?? NOTHING,
    device.state,
    live ? formatRate(device.fps) : NOTHING,
    live ? formatBitrate(device.bitrate) : NOTHING,
    live ? String(device.frames) : NOTHING,
    live ? String(device.lost) : NOTHING,
    `${formatDuration(device.lastSeenMs)} ago`,
    device.id,
  ];
}
