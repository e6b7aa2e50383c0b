/**
 * What `camrec status` and the events show of a device.
 */
import type { DeviceState, DeviceStatus } from '../admin/protocol.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import type { DeviceIdentity } from './device-identity.js';

export interface DeviceStatusSource {
  readonly identity: DeviceIdentity;
  readonly state: DeviceState;
  readonly session: SessionRecorder | undefined;
  readonly rates: { readonly fps: number; readonly bitsPerSecond: number };
  /** Milliseconds since the last byte came. */
  readonly silentForMs: number;
}

/** The status of a device as it is now. Rates are shown only while something is recorded. */
export function deviceStatus(source: DeviceStatusSource): DeviceStatus {
  const { identity, state, session, rates, silentForMs } = source;
  const progress = session?.progress;
  const isRecording = session !== undefined;
  return {
    id: identity.id,
    name: identity.name,
    model: identity.model ?? null,
    address: identity.endpoint,
    state,
    sessionId: session?.id ?? null,
    fps: isRecording ? Math.round(rates.fps * 100) / 100 : 0,
    bitrate: isRecording ? Math.round(rates.bitsPerSecond) : 0,
    frames: progress?.frames ?? 0,
    lost: progress?.lost ?? 0,
    dropped: progress?.dropped ?? 0,
    lastSeenMs: Math.round(silentForMs),
  };
}
