/**
 * What the monitor page and the daemon say to each other over the live WebSocket, at `LIVE_PATH` with the
 * subprotocol `LIVE_SUBPROTOCOL`. Shared by both ends: nothing here knows of Node or of the page.
 * The contract is docs/monitor.md.
 */
import type { DaemonEvent, DaemonStatus } from '../admin/protocol.js';

export const LIVE_PATH = '/monitor/live';

/** Cameras connect on any path; this tells a viewer from a camera that happens to be on the same one. */
export const LIVE_SUBPROTOCOL = 'camrec-live';

/** An event as the monitor's log shows it. */
export interface TimedEvent {
  /** Milliseconds since the epoch, by the daemon's clock. */
  readonly atMs: number;
  readonly event: DaemonEvent;
}

/** Daemon to page, text. Live pictures are binary: `LivePictureHeader`. */
export type LiveServerMessage =
  /** First, and whenever the page connects anew: the latest events, oldest first. */
  | { readonly type: 'hello'; readonly version: string; readonly events: readonly TimedEvent[] }
  /** Once a second, and soon after an event. */
  | { readonly type: 'status'; readonly status: DaemonStatus }
  | ({ readonly type: 'event' } & TimedEvent)
  /** The answer to `ping`: the daemon's clock, for delays. */
  | { readonly type: 'pong'; readonly sentMs: number; readonly serverMs: number };

/** Page to daemon, text. */
export type LiveViewerMessage =
  /** The cameras whose pictures are wanted from now on, by id; none at first. */
  | { readonly type: 'watch'; readonly devices: readonly string[] }
  /** The last binary message that came: what is older has come as well. */
  | { readonly type: 'ack'; readonly number: number }
  /** Answered at once; `sentMs` comes back as it is. */
  | { readonly type: 'ping'; readonly sentMs: number };

/** What stands before the Annex B bytes of a picture. Key pictures carry their parameter sets. */
export interface LivePictureHeader {
  /** Counts binary messages to this viewer from 1. */
  readonly number: number;
  /** The camera's id. */
  readonly device: string;
  /** Decoding can begin here. */
  readonly key: boolean;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** When the daemon received it, milliseconds since the epoch by its clock. */
  readonly arrivalMs: number;
}

/**
 * | offset | type (big endian) | field |
 * |---|---|---|
 * | 0 | uint32 | number |
 * | 4 | uint8 | 1: key picture |
 * | 5 | uint8 | length of the camera's id, n |
 * | 6 | float64 | device timestamp, milliseconds |
 * | 14 | float64 | arrival, milliseconds since the epoch |
 * | 22 | n bytes | the camera's id, UTF-8 |
 * | 22 + n | bytes | H.264, Annex B |
 */
const FIXED_BYTES = 22;

const MAX_ID_BYTES = 255;

/** Encodes a header. Throws RangeError for an id of more than 255 bytes; camera ids are shorter by construction. */
export function encodePictureHeader(header: LivePictureHeader): Uint8Array {
  const id = new TextEncoder().encode(header.device);
  if (id.length > MAX_ID_BYTES) throw new RangeError(`id of ${id.length} bytes`);
  const bytes = new Uint8Array(FIXED_BYTES + id.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, header.number);
  view.setUint8(4, header.key ? 1 : 0);
  view.setUint8(5, id.length);
  view.setFloat64(6, header.timestampMs);
  view.setFloat64(14, header.arrivalMs);
  bytes.set(id, FIXED_BYTES);
  return bytes;
}

export interface LivePictureMessage extends LivePictureHeader {
  /** A view of the message. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Reads a binary message; nothing where it is none. */
export function decodePictureMessage(message: ArrayBuffer): LivePictureMessage | undefined {
  if (message.byteLength < FIXED_BYTES) return undefined;
  const view = new DataView(message);
  const payloadStart = FIXED_BYTES + view.getUint8(5);
  if (message.byteLength < payloadStart) return undefined;
  return {
    number: view.getUint32(0),
    key: view.getUint8(4) === 1,
    timestampMs: view.getFloat64(6),
    arrivalMs: view.getFloat64(14),
    device: new TextDecoder().decode(
      new Uint8Array(message, FIXED_BYTES, payloadStart - FIXED_BYTES),
    ),
    payload: new Uint8Array(message, payloadStart),
  };
}
