/**
 * `camrec serve`: the daemon that phones connect to.
 */
import * as Flags from '@oclif/core/flags';
import { LOG_LEVELS, type LogLevel } from '../lib/base/logger.js';
import { parseSize, parseTimeout } from '../lib/base/units.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import {
  byDefault,
  durationFlag,
  hostFlag,
  pathFlag,
  sizeFlag,
  wholeNumberFlag,
  withEnv,
} from '../lib/cli/flags.js';
import { colourWanted } from '../lib/cli/terminal.js';

/** The end does not wait longer for a log that cannot be written. */
const LOG_SETTLE_MS = 1000;

export default class Serve extends BaseCommand {
  static override summary = 'Run the daemon that phones connect to.';

  static override description =
    `Prints the addresses that phones should connect to, then records what they send until SIGINT, SIGTERM or SIGHUP, which stops the phones, finishes every session and exits 0. A second signal exits at once.

On a terminal it also takes typed lines: start [w:h] [bitrate] [fps], stop, status, help, quit.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --port 8765',
    '<%= config.bin %> <%= command.id %> --dir /srv/recordings --min-free 5GiB --log-format json',
    '<%= config.bin %> <%= command.id %> --token-file camrec.token --metrics 127.0.0.1:9100',
  ];

  static override flags = withEnv({
    host: hostFlag({ default: '0.0.0.0', description: 'Address to listen on.' }),
    port: wholeNumberFlag({
      min: 0,
      max: 65_535,
      default: 8765,
      description: 'Port to listen on; 0 lets the system choose.',
    }),
    dir: pathFlag({ default: 'recordings', description: 'Directory of the recordings.' }),
    sync: durationFlag({
      ...byDefault(parseTimeout, '2s'),
      description: 'Longest time that recorded data is not yet safe from a power cut.',
    }),
    'min-free': sizeFlag({
      ...byDefault(parseSize, '1GiB'),
      description: 'Free disk space below which captures are stopped and none begins.',
    }),
    'max-cameras': wholeNumberFlag({
      min: 1,
      max: 10_000,
      default: 256,
      description: 'Cameras that may be connected at once.',
    }),
    'camera-timeout': durationFlag({
      min: '100ms',
      ...byDefault(parseTimeout, '15s'),
      description: 'Silence after which a camera counts as gone and its session ends.',
    }),
    'resume-window': durationFlag({
      ...byDefault(parseTimeout, '10s'),
      description:
        'How long the session of a named camera waits for it to come back; 0: not at all.',
    }),
    'shutdown-timeout': durationFlag({
      ...byDefault(parseTimeout, '30s'),
      description:
        'Longest time to finish the sessions at the end; the next start recovers what is left.',
    }),
    'token-file': pathFlag({
      description: 'File with a token that cameras have to present, as a bearer or as ?token=.',
      helpValue: 'FILE',
    }),
    'allow-origin': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Another site whose pages may connect, like https://lab.example. Repeatable.',
      helpValue: 'ORIGIN',
    }),
    metrics: Flags.string({
      description: 'Show /metrics (Prometheus) and /healthz on this address.',
      helpValue: '127.0.0.1:9100',
    }),
    tls: Flags.boolean({
      description:
        'Speak TLS, with a certificate that is made and kept unless --tls-cert names one: browsers film only so.',
    }),
    'tls-cert': pathFlag({ description: 'Certificate chain, PEM.', helpValue: 'FILE' }),
    'tls-key': pathFlag({ description: 'Its private key, PEM.', helpValue: 'FILE' }),
    'log-level': Flags.option({ options: LOG_LEVELS, default: 'info' as LogLevel })({
      description: 'What is logged; trace shows every frame.',
    }),
    'log-format': Flags.option({ options: ['pretty', 'json'] as const })({
      description: 'One line per event for people, or JSON lines. [default: pretty on a terminal]',
    }),
  });

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    const { describePage } = await import('../lib/cli/page-code.js');
    const { serve } = await import('../lib/daemon/serve.js');
    const { loadTls } = await import('../lib/daemon/tls.js');
    const { loadAccess } = await import('../lib/daemon/access-settings.js');
    const { openLog } = await import('../lib/daemon/log.js');
    const { parseMetricsAddress, refuseServingAddress } = await import(
      '../lib/daemon/metrics-server.js'
    );
    const metrics = flags.metrics === undefined ? undefined : parseMetricsAddress(flags.metrics);
    if (metrics !== undefined) refuseServingAddress(metrics, flags);
    const onTerminal = process.stderr.isTTY === true;
    const { logger, print, settled } = await openLog({
      level: flags['log-level'],
      format: flags['log-format'] ?? (onTerminal ? 'pretty' : 'json'),
      colour: colourWanted(process.stderr),
    });
    try {
      const tls = await loadTls(
        {
          tls: flags.tls,
          certFile: flags['tls-cert'],
          keyFile: flags['tls-key'],
          dataDirectory: this.config.dataDir,
        },
        Date.now(),
      );
      const access = await loadAccess(
        { tokenFile: flags['token-file'], allowedOrigins: flags['allow-origin'] ?? [] },
        logger,
      );
      const code = await serve({
        host: flags.host,
        port: flags.port,
        directory: flags.dir,
        syncMs: flags.sync,
        minFreeBytes: flags['min-free'],
        maxCameras: flags['max-cameras'],
        silenceMs: flags['camera-timeout'],
        resumeWindowMs: flags['resume-window'],
        shutdownMs: flags['shutdown-timeout'],
        metrics,
        access,
        version: this.config.version,
        logger,
        terminal: process.stdin.isTTY ? process.stdin : undefined,
        print,
        tls,
        onListening: ({ info, urls, pages }) => {
          if (this.jsonEnabled()) this.logJson({ daemon: { ...info, urls } });
          if (!onTerminal || !pages.tls) return;
          describePage(pages, 'camera', process.stderr).lines.forEach(print);
        },
      });
      this.exit(code);
    } finally {
      // What was logged stands before the error that ends it.
      await settled(LOG_SETTLE_MS);
    }
  }
}
