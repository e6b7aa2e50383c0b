/**
 * `camrec serve` as a process of its own, to be signalled and killed for real.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from './tools.js';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ServeProcess {
  readonly root: string;
  readonly directory: string;
  readonly child: ChildProcess;
  /** What it wrote to standard error, as JSON lines. */
  readonly log: LogLine[] = [];
  readonly exited: Promise<Exit>;
  #looking = new Set<() => void>();

  private constructor(
    root: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    within: readonly string[],
  ) {
    this.root = root;
    this.directory = join(root, 'recordings');
    const serve = [join(repositoryRoot, 'bin/run.js'), 'serve', '--host', '127.0.0.1'];
    const [command = '', ...rest] = [...within, process.execPath, ...serve, '--port', '0', ...args];
    this.child = spawn(command, rest, {
      env: {
        ...process.env,
        CAMREC_DIR: this.directory,
        CAMREC_RUNTIME_DIR: join(root, 'run'),
        CAMREC_LOG_FORMAT: 'json',
        CAMREC_MIN_FREE: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stderr } = this.child;
    if (stderr === null) throw new Error('no standard error');
    createInterface({ input: stderr }).on('line', (line) => this.#line(line));
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** `within`: a command that runs it, such as `unshare -m`. */
  static async start(
    args: readonly string[] = [],
    root?: string,
    env: NodeJS.ProcessEnv = {},
    within: readonly string[] = [],
  ): Promise<ServeProcess> {
    const home = root ?? (await mkdtemp(join(tmpdir(), 'camrec-serve-')));
    const serve = new ServeProcess(home, args, env, within);
    await serve.line('listening');
    return serve;
  }

  /** Where cameras connect. */
  get url(): string {
    return String(this.log.find(({ event }) => event === 'listening')?.['url']);
  }

  /** The first log line of an event that `which` accepts; rejects when the process ends without it. */
  line(event: string, which: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.log.find((line) => line.event === event && which(line));
        if (found === undefined) return;
        this.#looking.delete(look);
        resolve(found);
      };
      this.#looking.add(look);
      look();
      this.exited.then(({ code }) => {
        const last = this.log.map(({ msg }) => msg).join('\n');
        reject(new Error(`serve ended with ${code} before ${event}:\n${last}`));
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it if it still runs, and removes its directory. */
  async remove(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal('SIGKILL');
    await this.exited;
    await rm(this.root, { recursive: true, force: true });
  }

  #line(text: string): void {
    try {
      this.log.push(JSON.parse(text) as LogLine);
    } catch {
      this.log.push({ level: 'text', msg: text });
    }
    for (const look of this.#looking) look();
  }
}
