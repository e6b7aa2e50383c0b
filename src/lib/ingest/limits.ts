/**
 * The limits of what a peer may send or hold, in one place, and their names as logs and metrics show them.
 * docs/limits.md says what happens at each.
 */

/** Largest WebSocket message. A phone's library queues at most 16 MiB. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Fragments of one message (RFC 6455, 5.4): phones send none. */
export const MAX_FRAGMENTS = 16 * 1024;

/** Pieces in which the bytes of one frame may arrive: over twenty thousand make a whole message of the largest size. */
export const MAX_BUFFERED_CHUNKS = 64 * 1024;

/** Bytes of unfinished messages of all peers together; beyond it the peer that holds most is cut off. */
export const MAX_UNFINISHED_BYTES = 256 * 1024 * 1024;

/** Time for a peer to finish a message that it has begun. */
export const MESSAGE_TIMEOUT_MS = 60_000;

/** Largest text message; a longer one closes the connection with 1009. */
export const MAX_TEXT_BYTES = 256 * 1024;

/** Text messages per second of one peer, and how many may come at once. */
export const MAX_TEXTS_PER_SECOND = 200;
export const MAX_TEXT_BURST = 2_000;

/** Bytes of text per second of one peer, and how many may come at once: JSON may take far longer to read than to send. */
export const MAX_TEXT_BYTES_PER_SECOND = 64 * 1024;
export const MAX_TEXT_BYTES_BURST = 4 * MAX_TEXT_BYTES;

/** Binary messages per second of one peer, and how many may come at once. */
export const MAX_PACKETS_PER_SECOND = 25_000;
export const MAX_PACKET_BURST = 50_000;

/** Time for a peer to send its whole HTTP request, TLS handshake included. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Size of a peer's HTTP headers. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** Time for a connected peer to say something that only cameras say. */
export const IDENTIFY_TIMEOUT_MS = 15_000;

/** Cameras at once, unless the operator says otherwise. */
export const DEFAULT_MAX_CAMERAS = 256;

/** Connections at once beyond the cameras: those that have not said what they are. */
export const SPARE_CONNECTIONS = 64;

/** A connection that has been open for so long and is no camera makes room when all are taken. */
export const PATIENCE_MS = 2_000;

/** How often a camera is pinged. */
export const PING_EVERY_MS = 5_000;

/** Silence after which a camera counts as gone. */
export const DEFAULT_SILENCE_MS = 15_000;

/** Pings of one peer whose pongs are not sent yet: phones send none. */
export const MAX_PENDING_PONGS = 1_000;

/** Characters of a name from the URL that are looked at. */
export const MAX_NAME_CHARS = 64;

/** Unsent bytes towards one camera: commands are small, so this is a peer that does not read. */
export const MAX_UNSENT_BYTES = 256 * 1024;

/** Time for a peer to answer the closing handshake. */
export const CLOSING_HANDSHAKE_MS = 1_000;

/** A limit that a peer has met, by name: the field `limit` of a log line and the label of a counter. */
export const PEER_LIMITS = [
  'too-many-connections',
  'too-many-cameras',
  'handshake-timeout',
  'headers-too-large',
  'not-http',
  'unauthorized',
  'foreign-origin',
  'unidentified',
  'message-too-large',
  'too-many-fragments',
  'message-timeout',
  'memory',
  'text-too-large',
  'text-rate',
  'packet-rate',
  'too-many-pings',
  'does-not-read',
  'not-websocket',
  'silent',
] as const;

export type PeerLimit = (typeof PEER_LIMITS)[number];

/** Told each time that a peer meets a limit. Returns at once. */
export type OnPeerLimit = (limit: PeerLimit, address: string, detail: string) => void;
