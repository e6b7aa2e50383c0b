/**
 * What simulated phones have sent, so that a script can compare it with what was recorded.
 */

/** Who began or ended a capture. */
export type Initiator =
  /** The server's command. */
  | 'command'
  /** The phone itself: autostart, or its number of pictures was reached. */
  | 'phone'
  /** The simulation was told to end. */
  | 'simulation'
  /** The connection was gone. */
  | 'connection';

/** One capture. Counts are of what was sent, unless they say otherwise. */
export interface CaptureReport {
  /** Counts the phone's captures from 1. */
  readonly capture: number;
  /** Of the sample, by name. */
  readonly sample: string;
  readonly startedBy: Initiator;
  readonly stoppedBy: Initiator;
  /** Well-formed packets: configuration, pictures, repetitions, empty ones. */
  readonly packets: number;
  readonly configPackets: number;
  /** Pictures in well-formed packets, each counted once: a recorder that keeps repetitions has `frames` + `repeated`. */
  readonly frames: number;
  /** Of the payloads of the well-formed packets. */
  readonly bytes: number;
  /** SHA-256 of those payloads in sending order, hexadecimal: what the server's raw stream should have. */
  readonly sha256: string;
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  /** Sequence numbers before the last well-formed packet's that no well-formed packet carried: what the server misses. */
  readonly missing: number;
  /** Pictures that were taken and not sent. */
  readonly dropped: number;
  /** Packets sent a second time. */
  readonly repeated: number;
  /** Pictures sent with flipped bits. */
  readonly corrupted: number;
  /** Binary messages that a server rejects. */
  readonly wrongLength: number;
  /** Text messages that a server ignores. */
  readonly garbage: number;
  /** Pictures sent after `capture_stopped`, or held back until the next capture began: no part of the above. */
  readonly afterStop: number;
  /** Device time of the first and last picture, milliseconds. */
  readonly firstTimestampMs: number | null;
  readonly lastTimestampMs: number | null;
  /** Device time between the first and the last picture, milliseconds. */
  readonly durationMs: number;
}

/** How a connection ended. */
export type ConnectionEnd =
  /** It has not: the report is of a moment in between. */
  | 'open'
  /** The phone left in good order. */
  | 'finished'
  /** The server closed it. */
  | 'closed-by-server'
  /** The phone cut it, as it was asked to. */
  | 'cut'
  /** More was waiting to be sent than the phone's library holds. */
  | 'queue-overflow'
  /** It broke. */
  | 'lost'
  /** It never came about. */
  | 'refused';

export interface DeviceReport {
  readonly name: string | null;
  readonly model: string;
  readonly connection: {
    readonly end: ConnectionEnd;
    /** WebSocket close code (RFC 6455, 7.4), where there was a connection. */
    readonly code: number | null;
    /** The close reason, or the sentence of the error. */
    readonly detail: string;
  };
  /** Commands that the phone ignored, as real ones do: a start while streaming, a stop while idle, what it does not understand. */
  readonly ignoredCommands: number;
  readonly captures: readonly CaptureReport[];
}

export interface SimulationReport {
  /** Without its query, which may carry a secret. */
  readonly url: string;
  readonly seed: number;
  /** Real time that the simulation took, milliseconds. */
  readonly elapsedMs: number;
  readonly devices: readonly DeviceReport[];
}

const BAD_ENDS: ReadonlySet<ConnectionEnd> = new Set(['queue-overflow', 'lost', 'refused']);

/** With which a server that is done closes: normal, going away, none. Others say what it holds against the phone. */
const GOOD_CODES: ReadonlySet<number | null> = new Set([1000, 1001, 1005]);

/** The phones whose connection broke or never came about, or that the server turned away. */
export function failedDevices(report: SimulationReport): DeviceReport[] {
  return report.devices.filter(
    ({ connection: { end, code } }) =>
      BAD_ENDS.has(end) || (end === 'closed-by-server' && !GOOD_CODES.has(code)),
  );
}
