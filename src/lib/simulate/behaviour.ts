/**
 * How a simulated phone behaves: what real ones do differently from each other, and what goes wrong with them.
 * Every choice that chance makes follows from the seed, the phone's name and the number of the capture.
 */

/** How the codec configuration (SPS and PPS) reaches the server. */
export type ConfigDelivery =
  /** In the first packet of a capture, and never again: what most phones do. */
  | 'once'
  /** In the first two packets: the SPS, then the PPS. */
  | 'split'
  /** In the first packet, and again at the front of every key picture's packet. */
  | 'repeat'
  /** Not at all: nothing can be decoded. */
  | 'never';

/** What a phone does when it is told to start. */
export type StartAnswer =
  | 'capture'
  /** Reports an error. */
  | 'error'
  /** Says nothing and sends nothing. */
  | 'silence';

/** Faults of the stream. Probabilities run from 0 to 1 and are asked for each picture; configuration is spared. */
export interface Faults {
  /** A picture is not sent, but its sequence number is used up. */
  readonly drop: number;
  /** A picture's packet is sent twice. */
  readonly repeat: number;
  /** A picture, and what follows it, is held up by `delayMs`. */
  readonly delay: number;
  readonly delayMs: number;
  /** Some bits of a picture's payload are flipped. */
  readonly corrupt: number;
  /** A picture's message is not what its header says, or is too short to have one: the server rejects it. */
  readonly wrongLength: number;
  /** A picture carries the time of the one before. */
  readonly duplicateTime: number;
  /** A picture carries a time before that of the one before. */
  readonly backwardTime: number;
  /** A text message that means nothing comes before a picture. */
  readonly garbage: number;
  /** Once in each capture, `afterMs` into it, the device clock jumps by `byMs` (negative: back). */
  readonly clockJump?: ClockJump | undefined;
}

export interface ClockJump {
  readonly afterMs: number;
  readonly byMs: number;
}

export const NO_FAULTS: Faults = {
  drop: 0,
  repeat: 0,
  delay: 0,
  delayMs: 0,
  corrupt: 0,
  wrongLength: 0,
  duplicateTime: 0,
  backwardTime: 0,
  garbage: 0,
};

/** How one phone behaves. */
export interface Behaviour {
  /** Goes out as `deviceModel` in the capabilities. */
  readonly model: string;
  readonly seed: number;
  /** Pictures per second, whatever the command asks for; 0: the sample's own rate. */
  readonly fps?: number | undefined;
  /** How uneven the times are: 0 is even, 0.4 lets an interval be 40% longer or shorter. Below 1. */
  readonly jitter: number;
  /** Device time against real time: 2 sends twice as fast as the device times say. */
  readonly speed: number;
  readonly config: ConfigDelivery;
  /** Configuration and this many pictures go out before `capture_started`. Absent: `capture_started` goes first. */
  readonly earlyFrames?: number | undefined;
  /** Sequence number of the first packet of each capture. */
  readonly firstSequence: number;
  /** Starts a capture without being told, as when somebody presses the button on the phone. */
  readonly autostart: boolean;
  readonly onStart: StartAnswer;
  /** Between the command and the first packet, as a camera takes to open, milliseconds. */
  readonly startDelayMs: number;
  /** Stops each capture by itself after so many pictures (dropped ones included). */
  readonly maxFrames?: number | undefined;
  /** Leaves after so many captures. */
  readonly maxCaptures?: number | undefined;
  /** Cuts the connection, without any goodbye, so long after a capture's start, milliseconds. */
  readonly disconnectAfterMs?: number | undefined;
  /** Sends an empty packet before `capture_stopped`, as some encoders do at the end of their stream. */
  readonly emptyAtStop: boolean;
  /** So many pictures still come after `capture_stopped`. */
  readonly lateFrames: number;
  /** So many pictures of a capture come only when the next one begins, before its configuration. */
  readonly staleFrames: number;
  readonly faults: Faults;
}

/** A well-behaved phone of the usual kind. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  model: 'Simulated phone',
  seed: 1,
  jitter: 0.4,
  speed: 1,
  config: 'once',
  firstSequence: 0,
  autostart: false,
  onStart: 'capture',
  startDelayMs: 0,
  emptyAtStop: false,
  lateFrames: 0,
  staleFrames: 0,
  faults: NO_FAULTS,
};
