/**
 * ffmpeg, started by a shell beside the daemon: to start it from the daemon itself would hold all cameras up, since all
 * memory of a process that forks is prepared for copying (decision 56). For POSIX systems; Windows does not fork.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { CamrecError, errorMessage } from '../base/errors.js';
import { shellWord } from '../base/shell-word.js';
import {
  FFMPEG_ARGS,
  type FfmpegOptions,
  ffmpegFailure,
  ffmpegMissing,
  ffmpegProgram,
} from './ffmpeg-command.js';

/** What `ps` shows of the shell, behind its own name and `-s`: its commands come by its input. */
const NAME = 'camrec ffmpeg';

/** The descriptor that is open in the shell as long as the daemon lives. */
const LIFELINE = 3;

/**
 * First of all. Signals that terminals and service managers send to everybody end nothing, since sessions are still being
 * finished then. When the daemon is gone, for whatever reason, so is the whole group of processes: an ffmpeg that hangs
 * would outlive it.
 */
const PREPARE = `trap '' HUP INT TERM
{ read -r _ <&${LIFELINE}; kill -s KILL 0; } </dev/null >/dev/null 2>&1 &
exec ${LIFELINE}<&-
`;

/** Statuses of a command that cannot be run and of one that is not there (POSIX.1-2017, 2.8.2). */
const NOT_RUN = [126, 127];

/** More of what ffmpeg says is not kept. */
const MAX_WORDS = 64 * 1024;

export type ShellOptions = Pick<FfmpegOptions, 'timeoutMs' | 'inBackground'>;

/** Made once for a daemon, and best used at once, while this process is small still. Starts its shell again when that has ended. */
export class FfmpegShell {
  #shell: Shell | undefined;
  #before: Promise<unknown> = Promise.resolve();

  /** Of the shell, while it runs. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  /**
   * Runs ffmpeg, after those that were to be run before. Throws FFMPEG_MISSING; FFMPEG_FAILED with its own words, when the
   * shell cannot be started, and when it ends meanwhile.
   */
  run(args: readonly string[], options: ShellOptions = {}): Promise<void> {
    const run = this.#before.then(() => this.#run(args, options));
    this.#before = run.catch(() => {});
    return run;
  }

  /** Ends the shell, and the ffmpeg that it runs. */
  close(): void {
    this.#shell?.kill('the daemon ends');
  }

  async #run(args: readonly string[], { timeoutMs, inBackground }: ShellOptions): Promise<void> {
    const nice = inBackground ? ['nice', '-n', `${constants.priority.PRIORITY_BELOW_NORMAL}`] : [];
    const shell = this.#started();
    const overdue =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => shell.kill(`ffmpeg took over ${timeoutMs / 1000} s`), timeoutMs);
    try {
      const { status, words } = await shell.run([
        ...nice,
        ffmpegProgram(),
        ...FFMPEG_ARGS,
        ...args,
      ]);
      if (NOT_RUN.includes(status)) throw ffmpegMissing();
      if (status !== 0) throw ffmpegFailure(words || `status ${status}`);
    } finally {
      clearTimeout(overdue);
    }
  }

  #started(): Shell {
    try {
      this.#shell ??= new Shell((shell) => {
        if (this.#shell === shell) this.#shell = undefined;
      });
      return this.#shell;
    } catch (cause) {
      const message = `the shell that starts ffmpeg cannot be started: ${errorMessage(cause)}`;
      throw new CamrecError('FFMPEG_FAILED', message, { cause });
    }
  }
}

interface Ended {
  readonly status: number;
  /** What the command has printed. */
  readonly words: string;
}

/** One shell, which runs one command at a time. */
class Shell {
  readonly #process: ChildProcess;
  readonly #commands: Writable;
  #words = '';
  /** What looks at what is printed, while a command runs. */
  #look: () => void = () => {};
  #fail: (error: CamrecError) => void = () => {};
  /** Why it was killed. */
  #why: string | undefined;

  constructor(onEnd: (shell: Shell) => void) {
    this.#process = spawn('/bin/sh', ['-s', NAME], {
      // A group of its own, to be killed as one.
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
    });
    const end = (how: string): void => {
      this.end();
      onEnd(this);
      const message = this.#why ?? `the shell that starts ffmpeg has ended (${how})`;
      this.#fail(new CamrecError('FFMPEG_FAILED', message));
    };
    this.#process.once('error', (error) => end(error.message));
    this.#process.once('exit', (code, signal) => end(signal ?? `code ${code}`));
    const { stdin, stdout } = this.#process;
    // Whatever the types say: then there are none.
    if (!stdin || !stdout) throw new Error('too many files are open');
    this.#commands = stdin;
    // It ends when this process does, which need not wait for it.
    this.#process.unref();
    for (const pipe of this.#pipes) {
      (pipe as { unref?(): void }).unref?.();
      // Where it cannot be told anything any more, it has ended, which is told by itself.
      pipe.on('error', () => {});
    }
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-MAX_WORDS);
      this.#look();
    });
    this.#commands.write(PREPARE);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Rejects with FFMPEG_FAILED when the shell has ended meanwhile. */
  run(command: readonly string[]): Promise<Ended> {
    const mark = randomUUID();
    const atEnd = new RegExp(`${mark} (\\d+)\\n$`);
    this.#words = '';
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#look = () => {
        const end = atEnd.exec(this.#words);
        if (end === null) return;
        resolve({ status: Number(end[1]), words: this.#words.slice(0, end.index).trim() });
      };
      const words = command.map(shellWord).join(' ');
      this.#commands.write(`${words} </dev/null 2>&1 >/dev/null\necho "${mark} $?"\n`);
    });
  }

  /** Ends it at once, for this reason, with what it runs. */
  kill(why: string): void {
    this.#why = why;
    this.end();
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      // What waits for the daemon's end could not be started, perhaps.
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  /** Lets go of it: then it ends, with what it runs. */
  end(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  get #pipes(): (Readable | Writable)[] {
    return (this.#process.stdio ?? []).flatMap((pipe) => pipe ?? []);
  }
}
