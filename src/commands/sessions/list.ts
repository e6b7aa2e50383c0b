/**
 * `camrec sessions list`: what has been recorded.
 */
import * as Flags from '@oclif/core/flags';
import type { SessionListing } from '../../lib/base/session-summary.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import {
  daemonPortFlag,
  pathFlag,
  phoneFlag,
  sinceFlag,
  wholeNumberFlag,
  withEnv,
} from '../../lib/cli/flags.js';

export default class SessionsList extends BaseCommand {
  static override summary = 'List the recorded sessions, the newest first.';

  static override description =
    'Works with and without a daemon: in --dir, else where the running daemon records, else in ./recordings. A ' +
    'directory that is no session, or whose manifest is damaged, is listed as such.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --label "first run" --since 2h',
    '<%= config.bin %> <%= command.id %> --dir /srv/recordings --limit 10 --json',
  ];

  static override flags = withEnv({
    dir: pathFlag({ description: 'The recordings directory.', helpValue: 'DIR' }),
    device: phoneFlag({ description: 'Only this phone: name, id or the beginning of either.' }),
    label: Flags.string({ description: 'Only sessions with this label.' }),
    since: sinceFlag({ description: 'Only sessions that began then or later.' }),
    limit: wholeNumberFlag({ min: 1, description: 'At most so many.' }),
    port: daemonPortFlag,
  });

  async run(): Promise<SessionListing> {
    const { flags } = await this.parse(SessionsList);
    const { findRecordings, overlayLive } = await import('../../lib/admin/live-sessions.js');
    const { isRecorded } = await import('../../lib/mux/session-condition.js');
    const { listSessions, readSession } = await import('../../lib/storage/catalogue.js');
    const { readingDisk } = await import('../../lib/storage/reading-disk.js');

    const place = await findRecordings({ dir: flags.dir, port: flags.port });
    const found = await listSessions(readingDisk, place.dir, {
      device: flags.device,
      label: flags.label,
      sinceMs: flags.since,
      limit: flags.limit,
    });
    const files = {
      read: (dir: string) => readSession(readingDisk, dir),
      isRecorded: (dir: string) => isRecorded(readingDisk, dir),
    };
    const listing = { ...found, sessions: await overlayLive(found.sessions, place, files) };
    if (!this.jsonEnabled()) {
      const isFiltered = [flags.device, flags.label, flags.since].some((one) => one !== undefined);
      await this.#show(listing, `No session in ${place.dir}${isFiltered ? ' fits' : ''}.`);
    }
    return listing;
  }

  async #show({ sessions, others }: SessionListing, none: string): Promise<void> {
    const { renderSessions } = await import('../../lib/cli/session-table.js');
    if (sessions.length === 0) this.log(none);
    if (sessions.length + others.length > 0)
      this.log(renderSessions(sessions, others, process.stdout));
  }
}
