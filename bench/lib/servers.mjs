// The servers that are measured, each in a process of its own: camrec, the floor, and ffmpeg on a TCP socket.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { Helper, start } from './child.mjs';
import { CAMREC, FLOOR_SERVER, PROBE } from './paths.mjs';

export const FFMPEG = process.env.FFMPEG_BIN || 'ffmpeg';

/** `camrec serve` with the probe inside. */
export class CamrecServer {
  helper;
  /** Log lines so far, as objects. */
  #lines = [];
  #looking = new Set();
  #ended = false;

  /** `root`: a directory of its own; recordings go to `root/recordings`. */
  static async start(root, { args = [], environment = {}, nodeArgs = [] } = {}) {
    const server = new CamrecServer();
    const child = spawn(
      process.execPath,
      [
        ...['--expose-gc', ...nodeArgs, '--import', PROBE, CAMREC, 'serve'],
        ...['--host', '127.0.0.1', '--port', '0', '--max-cameras', '2000', ...args],
      ],
      {
        env: {
          ...process.env,
          CAMREC_DIR: join(root, 'recordings'),
          CAMREC_RUNTIME_DIR: join(root, 'run'),
          CAMREC_LOG_FORMAT: 'json',
          CAMREC_MIN_FREE: '0',
          ...environment,
        },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    server.helper = Helper.over(child);
    createInterface({ input: child.stderr }).on('line', (line) => server.#line(line));
    child.once('close', () => {
      server.#ended = true;
      for (const look of server.#looking) look();
    });
    [{ url: server.url }] = await server.events('listening', 1);
    return server;
  }

  get pid() {
    return this.helper.pid;
  }

  /**
   * Resolves with the log lines of an event when there are so many, counted from the beginning. Rejects when the
   * daemon ends before.
   */
  events(event, count) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.#lines.filter((line) => line.event === event);
        if (found.length < count && !this.#ended) return;
        this.#looking.delete(look);
        if (found.length < count) reject(new Error(`camrec serve ended before ${count} ${event}`));
        else resolve(found);
      };
      this.#looking.add(look);
      look();
    });
  }

  #line(text) {
    let line;
    try {
      line = JSON.parse(text);
    } catch {
      process.stderr.write(`${text}\n`);
      return;
    }
    if (line.event === undefined) return;
    this.#lines.push(line);
    for (const look of this.#looking) look();
  }

  end() {
    return this.helper.end('SIGTERM');
  }
}

/** What camrec writes in one go from few fast cameras; smaller batches cost more CPU. */
export const LARGE_BATCH_BYTES = 1024 * 1024;
/** From many slow ones, of which larger batches would fill the memory. */
export const SMALL_BATCH_BYTES = 128 * 1024;

/** A bare WebSocket server. With a directory it writes each message into two files there, else it throws all away. */
export async function startFloor(directory, batchBytes = LARGE_BATCH_BYTES) {
  const args = directory === undefined ? [] : [directory, String(batchBytes)];
  const helper = Helper.fork(FLOOR_SERVER, args);
  return {
    pid: helper.pid,
    url: await helper.call('url'),
    written: () => helper.call('written'),
    end: () => helper.end(),
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** ffmpeg that waits for one TCP connection and records what comes: an ordinary MP4, `-c copy`. */
export async function startFfmpeg(output) {
  const port = await freePort();
  const child = start(FFMPEG, [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-f', 'h264', '-r', '30'],
    ...['-i', `tcp://127.0.0.1:${port}?listen=1`, '-c', 'copy', '-y', output],
  ]);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  while (!isListening(port)) await setTimeout(20);
  return { pid: child.pid, port, ended, output };
}

/** Whether somebody listens on a port of 127.0.0.1, without connecting: ffmpeg takes one connection only. */
function isListening(port) {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .some((line) => line.includes(` ${address} 00000000:0000 0A `));
}
