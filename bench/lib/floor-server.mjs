// The floor: a WebSocket server with the options of ours that looks at no message. It throws them away, or with a directory
// as its argument writes each into two files there, in batches of so many bytes: what recording costs before it begins
// to record. node floor-server.mjs [DIRECTORY BATCH_BYTES]
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { BatchedFile } from './batched-file.mjs';
import { serveCalls } from './child.mjs';

const [, , directory, batchBytes] = process.argv;
const files = [];

/** The files of one more connection. */
function openFiles() {
  if (directory === undefined) return [];
  const paths = ['first', 'second'].map((name) => join(directory, `${name}-${files.length}`));
  const opened = paths.map((path) => new BatchedFile(path, Number(batchBytes)));
  files.push(...opened);
  return opened;
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  maxPayload: 32 * 1024 * 1024,
});
server.on('connection', (socket) => {
  const own = openFiles();
  socket.on('message', (message) => {
    for (const file of own) file.append(message);
  });
});
const listening = new Promise((resolve) => server.on('listening', resolve));

serveCalls({
  async url() {
    await listening;
    return `ws://127.0.0.1:${server.address().port}/`;
  },
  /** Resolves when all that has come is with the operating system. */
  async written() {
    await Promise.all(files.map((file) => file.end()));
  },
});
process.once('SIGTERM', () => process.exit(0));
