/** A browser's WebSocket whose network does what a test says: takes data, or brings some, or neither. */
import { vi } from 'vitest';

export class FakeWebSocket extends EventTarget {
  static readonly OPEN = 1;
  static made: FakeWebSocket[] = [];
  readyState = 0;
  bufferedAmount = 0;

  /** Puts it in the place of the browser's until `vi.unstubAllGlobals`, on a page of this server. */
  static install(page: string): void {
    FakeWebSocket.made = [];
    vi.stubGlobal('WebSocket', FakeWebSocket);
    vi.stubGlobal('location', new URL(page));
  }

  constructor() {
    super();
    FakeWebSocket.made.push(this);
  }

  open(): void {
    this.readyState = FakeWebSocket.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  send(data: string | Uint8Array): void {
    this.bufferedAmount += data.length;
  }

  /** The network takes so many bytes. */
  take(bytes: number): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }

  receive(data: string): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  close(): void {
    this.readyState = 3;
  }
}
