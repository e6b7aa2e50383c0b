// The floor: a WebSocket server with the options of ours that throws every message away.
import { WebSocketServer } from 'ws';
import { serveCalls } from './child.mjs';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  maxPayload: 32 * 1024 * 1024,
});
server.on('connection', (socket) => socket.on('message', () => {}));
const listening = new Promise((resolve) => server.on('listening', resolve));

serveCalls({
  async url() {
    await listening;
    return `ws://127.0.0.1:${server.address().port}/`;
  },
});
process.once('SIGTERM', () => process.exit(0));
