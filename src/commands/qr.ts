/**
 * `camrec qr`: a page of the daemon as a QR code, to be opened with a phone.
 */
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../lib/cli/base-command.js';
import { daemonPortFlag, withEnv } from '../lib/cli/flags.js';

const PAGES = ['camera', 'monitor'] as const;

interface QrResult {
  readonly page: (typeof PAGES)[number];
  /** The address in the code. */
  readonly url: string;
  /** The same page at this machine's other addresses. */
  readonly others: readonly string[];
  readonly tls: boolean;
  readonly fingerprint: string | null;
}

export default class Qr extends BaseCommand {
  static override summary = 'Show a page of the daemon as a QR code, to open it on a phone.';

  static override description =
    'The address holds the token, where the daemon asks for one: show it to those who may come in. Browsers film only over https: start the daemon with --tls.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> monitor',
    '<%= config.bin %> <%= command.id %> --json --port 8765',
  ];

  static override args = {
    page: Args.string({
      options: [...PAGES],
      default: 'camera',
      description: 'The page that makes the phone a camera, or the one that shows the cameras.',
    }),
  };

  static override flags = withEnv({ port: daemonPortFlag });

  async run(): Promise<QrResult> {
    const { args, flags } = await this.parse(Qr);
    const page = args.page === 'monitor' ? 'monitor' : 'camera';
    const { findDaemon } = await import('../lib/admin/find-daemon.js');
    const { describePage } = await import('../lib/cli/page-code.js');
    const { client } = await findDaemon({ port: flags.port });
    try {
      const pages = await client.call('daemon.pages', {});
      const [first, ...others] = pages.pages.map((one) => one[page]);
      const { lines, warnings } = describePage(pages, page, process.stdout);
      for (const line of lines) this.log(line);
      for (const warning of warnings) this.logToStderr(warning);
      const { tls, fingerprint } = pages;
      return { page, url: first ?? '', others, tls, fingerprint };
    } finally {
      client.close();
    }
  }
}
