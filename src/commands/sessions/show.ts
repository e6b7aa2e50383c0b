/**
 * `camrec sessions show`: one session, with its frame rate drawn over its length.
 */
import type { SessionSummary } from '../../lib/base/session-summary.js';
import { sessionArg } from '../../lib/cli/arguments.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { daemonPortFlag, pathFlag, withEnv } from '../../lib/cli/flags.js';
import type { FrameRateChart } from '../../lib/cli/frame-rate.js';
import { columnsOf } from '../../lib/cli/terminal.js';

interface ShownSession {
  readonly session: SessionSummary;
  /** Null where the index cannot be read. */
  readonly frameRate: FrameRateChart | null;
}

export default class SessionsShow extends BaseCommand {
  static override summary = 'Show one session, and its frame rate over time.';

  static override description =
    "Gaps in the numbers of the frames are marked with x, jumps of the phone's clock with an exclamation mark. " +
    'Works with and without a daemon, as sessions list does.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> bench-1_20250601_143005',
    '<%= config.bin %> <%= command.id %> recordings/bench-1_20250601_143005 --json',
  ];

  static override args = {
    id: sessionArg({
      required: true,
      description: "The session's id, the beginning of it, or its directory.",
    }),
  };

  static override flags = withEnv({
    dir: pathFlag({ description: 'The recordings directory.', helpValue: 'DIR' }),
    port: daemonPortFlag,
  });

  async run(): Promise<ShownSession> {
    const { args, flags } = await this.parse(SessionsShow);
    const { findRecordings, overlayLive } = await import('../../lib/admin/live-sessions.js');
    const { isRecorded } = await import('../../lib/mux/session-condition.js');
    const { readSession } = await import('../../lib/storage/catalogue.js');
    const { findSession } = await import('../../lib/storage/find-session.js');
    const { readingDisk } = await import('../../lib/storage/reading-disk.js');

    const place = await findRecordings({
      dir: flags.dir,
      port: flags.port,
      sessions: [args.id],
    });
    const found = await findSession(readingDisk, place.dir, args.id);
    const files = {
      read: (dir: string) => readSession(readingDisk, dir),
      isRecorded: (dir: string) => isRecorded(readingDisk, dir),
    };
    const [session = found] = await overlayLive([found], place, files);
    const frameRate = await readFrameRate(session);
    if (!this.jsonEnabled()) await this.#show(session, frameRate);
    return { session, frameRate };
  }

  async #show(session: SessionSummary, frameRate: FrameRateChart | null): Promise<void> {
    const { renderSession } = await import('../../lib/cli/session-table.js');
    const { renderRateChart } = await import('../../lib/cli/rate-chart.js');
    this.log(renderSession(session));
    const width = Math.min(100, columnsOf(process.stdout) - 2);
    const chart = frameRate && renderRateChart(frameRate, width);
    if (chart) this.log(`\n${chart}`);
    else if (frameRate === null) this.log('\nThe index cannot be read: no frame rate to draw.');
  }
}

/** A damaged end of the index only shortens the chart; a missing index leaves it out. */
async function readFrameRate({ files }: SessionSummary): Promise<FrameRateChart | null> {
  const { FrameRateMeter } = await import('../../lib/cli/frame-rate.js');
  const { readFrameIndex } = await import('../../lib/storage/frame-index-reader.js');
  const { systemDisk } = await import('../../lib/storage/disk.js');
  const meter = new FrameRateMeter();
  try {
    for await (const item of readFrameIndex(systemDisk, files.index)) {
      if (item.kind === 'rows') for (const row of item.rows) meter.add(row);
    }
  } catch {
    return null;
  }
  return meter.chart;
}
