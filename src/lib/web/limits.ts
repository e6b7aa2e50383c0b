/**
 * The limits of what pages and viewers may ask, send or hold, in one place. docs/monitor.md says what happens at each.
 */

/** Monitor pages with live pictures at once; a further one is refused with 503. */
export const MAX_VIEWERS = 16;

/** Largest message from a viewer. */
export const MAX_VIEWER_MESSAGE_BYTES = 32 * 1024;

/** Cameras that one viewer can watch at once. */
export const MAX_WATCHED = 256;

/** Pictures towards one viewer that it has not confirmed: beyond any of the three, pictures are left out for it. */
export const MAX_UNCONFIRMED_MS = 1_000;
export const MAX_UNCONFIRMED_PICTURES = 256;
export const MAX_UNCONFIRMED_BYTES = 4 * 1024 * 1024;

/** Unsent bytes towards one viewer at which figures and events are left out as well. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** How often viewers get the figures. */
export const STATUS_EVERY_MS = 1_000;

/** How long after an event viewers get them: those of all cameras that begin or end together are told at once. */
export const STATUS_AFTER_EVENT_MS = 50;

/** How often a viewer is asked for a sign of life; one that gave none since the last time is cut off. */
export const VIEWER_PING_EVERY_MS = 15_000;

/** Events that a monitor is shown from before it was opened. */
export const MAX_HISTORY = 100;

/** Largest body of a request. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Most sessions in one answer. */
export const MAX_SESSIONS = 500;
