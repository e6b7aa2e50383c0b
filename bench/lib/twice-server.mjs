// What recording costs before anything is looked at: a WebSocket server that writes each message into two files, gathered
// as camrec gathers them. camrec writes as much, and in addition finds, checks, numbers and times the pictures.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { serveCalls } from './child.mjs';

/** Written without waiting for more; smaller batches cost more. */
const BATCH_BYTES = 1024 * 1024;

class BatchedFile {
  #opening;
  #waiting = [];
  #bytes = 0;
  #writing = Promise.resolve();

  constructor(path) {
    this.#opening = open(path, 'w');
  }

  append(message) {
    this.#waiting.push(message);
    this.#bytes += message.length;
    if (this.#bytes >= BATCH_BYTES) this.#write();
  }

  #write() {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#writing = this.#writing.then(async () => (await this.#opening).writev(batch));
  }

  async end() {
    if (this.#bytes > 0) this.#write();
    await this.#writing;
    await (await this.#opening).close();
  }
}

const [, , directory] = process.argv;
const files = [];
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  maxPayload: 32 * 1024 * 1024,
});
server.on('connection', (socket) => {
  const pair = ['first', 'second'].map(
    (name) => new BatchedFile(join(directory, `${name}-${files.length}`)),
  );
  files.push(...pair);
  socket.on('message', (message) => {
    for (const file of pair) file.append(message);
  });
});
const listening = new Promise((resolve) => server.on('listening', resolve));

serveCalls({
  async url() {
    await listening;
    return `ws://127.0.0.1:${server.address().port}/`;
  },
  /** Resolves when all that has come is with the operating system. */
  async end() {
    await Promise.all(files.map((file) => file.end()));
  },
});
process.once('SIGTERM', () => process.exit(0));
