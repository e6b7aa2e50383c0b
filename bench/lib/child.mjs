// Child processes of the bench: started, talked to and ended by their handle, none left behind.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set();

function track(child) {
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Ends what still runs; called when the bench ends, however it does. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a program. Its output is dropped unless `stdio` says otherwise. */
export function start(command, args, options = {}) {
  return track(spawn(command, args, { stdio: 'ignore', ...options }));
}

/** Runs a program to its end and resolves with the milliseconds it took. Rejects when it fails. */
export async function run(command, args, options = {}) {
  const begin = performance.now();
  const child = start(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (data) => {
    words = (words + data).slice(-2000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${words}`);
  return performance.now() - begin;
}

/** A module of ours as a process that answers calls, see `serveCalls`. */
export class Helper {
  #child;
  #waiting = new Map();
  #next = 1;

  constructor(child) {
    this.#child = child;
    child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id) ?? {};
      this.#waiting.delete(id);
      if (error === undefined) resolve?.(result);
      else reject?.(new Error(error));
    });
    child.once('close', (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a process ended: ${code}`));
    });
  }

  static fork(module, args = []) {
    return new Helper(track(fork(module, args)));
  }

  static over(child) {
    return new Helper(track(child));
  }

  get pid() {
    return this.#child.pid;
  }

  call(method, params = {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, method, params });
    });
  }

  /** Ends it by this signal and waits until it is gone. */
  async end(signal = 'SIGTERM') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }
}

/** The other side: answers calls over the channel from the parent, without keeping the process alive for it. */
export function serveCalls(methods) {
  process.on('message', async ({ id, method, params }) => {
    try {
      process.send({ id, result: await methods[method](params) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
}
