/**
 * The limits of what a peer may send or hold, in one place. docs/limits.md says what happens at each.
 */

/** Largest WebSocket message. A phone's library queues at most 16 MiB. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Largest text message; a longer one closes the connection with 1009. */
export const MAX_TEXT_BYTES = 256 * 1024;

/** Time for a peer to send its whole HTTP request. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Size of a peer's HTTP headers. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** Cameras at once, unless the operator says otherwise. */
export const DEFAULT_MAX_CAMERAS = 256;

/** Connections at once beyond the cameras: those that have not said what they are. */
export const SPARE_CONNECTIONS = 64;

/** How often a camera is pinged. */
export const PING_EVERY_MS = 5_000;

/** Silence after which a camera counts as gone. */
export const DEFAULT_SILENCE_MS = 15_000;

/** Characters of a name from the URL that are looked at. */
export const MAX_NAME_CHARS = 64;

/** Unsent bytes towards one camera: commands are small, so this is a peer that does not read. */
export const MAX_UNSENT_BYTES = 256 * 1024;

/** Time for a peer to answer the closing handshake. */
export const CLOSING_HANDSHAKE_MS = 1_000;
