/**
 * `camrec mux`: what was recorded becomes MP4 files.
 */
import { basename } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EXIT } from '../lib/base/errors.js';
import { count, formatDuration } from '../lib/base/format.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { type ByteOutcome, byteProgress, silentByteProgress } from '../lib/cli/byte-progress.js';
import { withEnv } from '../lib/cli/flags.js';
import type { MuxEngine, MuxResult } from '../lib/mux/mux-types.js';
import { parseRate } from '../lib/mux/parse-rate.js';

const CUT_SHORT = { message: 'Ended at once: the next run removes what this one was making.' };

export default class Mux extends BaseCommand {
  static override summary = 'Make MP4 files of what was recorded.';

  static override description = `PATH is a session directory, a directory of them, or a .h264 file.

With the index of a session the MP4 is exactly what live recording would have written. A session that a crash left unfinished is recovered. Sessions that have a good MP4 are skipped, and what another process is recording is left alone. A raw stream without an index gets the rate of --fps, else the one that the stream tells, else 10.

Exit code 1: nothing could be done. 5: some failed, the others are done.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> recordings',
    '<%= config.bin %> <%= command.id %> recordings/sim-1_20250601_143005 --force',
    '<%= config.bin %> <%= command.id %> film.h264 --fps 30 --output film.mp4 --faststart',
    '<%= config.bin %> <%= command.id %> recordings --engine ffmpeg --force',
  ];

  static override strict = false;

  static override args = {
    path: Args.string({
      required: true,
      description: 'Session directory, directory of them, or .h264 file. Several may be given.',
    }),
  };

  static override flags = withEnv({
    engine: Flags.option({ options: ['builtin', 'ffmpeg'] as const })({
      default: 'builtin' as MuxEngine,
      description: 'What writes the MP4; ffmpeg copies at a constant rate.',
    }),
    fps: Flags.custom<number>({
      parse: async (input) => parseRate(input),
      helpValue: 'N',
      description: 'Pictures per second of a stream that has no index.',
    })(),
    output: Flags.string({
      helpValue: 'FILE',
      description: 'Write the MP4 there, and change nothing else.',
    }),
    faststart: Flags.boolean({
      description: 'With --output: the moov in front, for streaming over HTTP.',
    }),
    force: Flags.boolean({ description: 'Also replace what is there and good.' }),
  });

  async run(): Promise<{ results: MuxResult[] }> {
    const { flags, argv } = await this.parse(Mux);
    const { endAtOnce } = await import('../lib/cli/interrupt.js');
    const { runMux } = await import('../lib/mux/run-mux.js');
    const view = this.jsonEnabled() ? silentByteProgress : byteProgress(process.stderr);
    const results = await runMux({
      paths: argv.map(String),
      engine: flags.engine,
      fps: flags.fps,
      output: flags.output,
      faststart: flags.faststart,
      force: flags.force,
      version: this.config.version,
      warn: (sentence) => this.logToStderr(sentence),
      endAtOnce: () => endAtOnce(CUT_SHORT, this.jsonEnabled()),
      onEvent: (event) => {
        if (event.type === 'found') {
          view.begin(event.targets.map(({ path, bytes }) => ({ name: basename(path), bytes })));
        } else if (event.type === 'started') view.started(event.index);
        else if (event.type === 'progress') view.progress(event.index, event.bytes);
        else view.finished(event.index, describe(event.result));
      },
    });
    await view.end();
    const failed = results.filter((result) => result.error !== null).length;
    if (failed > 0) this.exitWith(failed === results.length ? EXIT.failed : EXIT.partial);
    for (const { mp4, error } of this.jsonEnabled() ? [] : results) {
      if (error === null) for (const path of mp4) this.log(path);
    }
    return { results };
  }
}

/** One result as a line. */
function describe(result: MuxResult): ByteOutcome {
  const name = basename(result.path);
  const { error, skipped, recovery, frames, durationMs, elapsedMs } = result;
  if (error !== null) {
    const hint = error.hint === null ? '' : ` ${error.hint}`;
    return { ok: false, line: `${name}: ${error.message}.${hint}` };
  }
  if (skipped !== null) return { ok: true, line: `${name}: skipped, ${skipped}` };
  const warnings = result.warnings.map((warning) => `; ${warning}`).join('');
  const lost =
    recovery === null
      ? ''
      : `; recovered, ${count(recovery.lostFrames, 'frame')} and ${recovery.lostMs} ms lost`;
  const made = `${count(frames, 'frame')}, ${formatDuration(durationMs)}`;
  return {
    ok: true,
    line: `${name}: ${made}, in ${formatDuration(elapsedMs)}${lost}${warnings}`,
  };
}
