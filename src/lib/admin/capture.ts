/**
 * A whole recording from the operator's side: wait for phones, begin, and with a duration also end.
 */
import { matchDevices } from '../base/device-selector.js';
import { CamrecError } from '../base/errors.js';
import { count } from '../base/format.js';
import { goesOn, type SessionSummary } from '../base/session-summary.js';
import type { Ratio } from '../base/units.js';
import { type AdminClient, CALL_TIMEOUT_MS } from './client.js';
import type {
  CaptureDevice,
  CaptureProgress,
  DaemonEvent,
  DeviceStatus,
  StartCaptureResult,
  StopCaptureResult,
} from './protocol.js';

export interface CaptureOptions {
  readonly client: AdminClient;
  /** Mbit/s. */
  readonly bitrate: number;
  /** Pictures per second; 0: as many as the phone can. */
  readonly fps: number;
  readonly aspectRatio?: Ratio | undefined;
  /** Names, ids or unique prefixes; left out: every phone. */
  readonly devices?: readonly string[] | undefined;
  readonly label?: string | undefined;
  /** Waits until so many phones are connected (of those that `devices` name). */
  readonly waitDevices?: number | undefined;
  /** How long to wait for phones to appear, and again for them to begin. */
  readonly timeoutMs: number;
  /** False: return when the phones have been told. */
  readonly wait: boolean;
  /** Ends the capture so long after the phones have begun. */
  readonly durationMs?: number | undefined;
  /** How long to wait for the sessions to be finished. */
  readonly stopTimeoutMs: number;
  /** Ends the capture before its duration is over. */
  readonly signal?: AbortSignal | undefined;
  readonly view: CaptureView;
}

/** Where the steps are shown. */
export interface CaptureView {
  /** Phones that are there, of those that are waited for. */
  waiting(connected: number, wanted: number): void;
  device(step: CaptureProgress): void;
  /** Every phone has answered, or the start has failed. What is drawn is complete when it resolves. */
  begun(): Promise<void>;
  recording(durationMs: number): void;
  stopping(): void;
}

export interface CaptureOutcome extends StartCaptureResult {
  /** Only of a capture with a duration. */
  readonly sessions?: readonly SessionSummary[];
  /** Ids of those sessions that were over before this capture was ended. Only of a capture with a duration. */
  readonly endedEarly?: readonly string[];
}

/**
 * Runs a capture. Rejects with NO_CAMERA where not enough phones come in time, with INTERRUPTED where the signal ends
 * the waiting for them, and as `DaemonApi.startCapture` and `stopCapture` do; phones that fail are in the result instead.
 */
export async function runCapture(options: CaptureOptions): Promise<CaptureOutcome> {
  const { client, view, devices } = options;
  if (options.waitDevices !== undefined) await waitForDevices(options, options.waitDevices);
  const over = options.durationMs === undefined ? undefined : new SessionWatch(client);
  await over?.begin();
  const started = await client
    .startCapture(
      {
        bitrate: options.bitrate,
        fps: options.fps,
        timeoutMs: options.wait ? options.timeoutMs : 0,
        ...(options.aspectRatio && { aspectRatio: options.aspectRatio }),
        ...(devices && devices.length > 0 && { devices: [...devices] }),
        ...(options.label !== undefined && { label: options.label }),
      },
      (step) => view.device(step),
    )
    .finally(() => view.begun());
  if (over === undefined || options.durationMs === undefined) return started;

  const captureId = started.capture.id;
  const recording = started.devices.filter(
    ({ state, sessionId }) => state === 'started' && sessionId !== null,
  );
  const lastSessions = () => recording.map((device) => over.lastSession(device, captureId));
  if (recording.length > 0) {
    view.recording(options.durationMs);
    const isOver = () => !lastSessions().includes(undefined);
    await over.until(options.durationMs, isOver, options.signal);
  }
  const wasOver = lastSessions().flatMap((session) => session?.id ?? []);
  // A phone that did not answer in time may have begun since.
  const mayRecord = started.devices.some(({ state }) => state === 'started' || state === 'timeout');
  if (mayRecord && !over.gone) view.stopping();
  const { sessions, endedEarly: ended = [] } = await stopCapture(client, {
    captureId,
    timeoutMs: options.stopTimeoutMs,
  });
  const endedEarly = [...new Set([...wasOver, ...ended])];
  return { ...started, sessions, endedEarly };
}

export interface StopOptions {
  /** Names, ids or unique prefixes; left out: every phone. */
  readonly devices?: readonly string[] | undefined;
  /** Only the phones of this capture. */
  readonly captureId?: string | undefined;
  /** How long to wait for the sessions to be finished; 0: not at all. */
  readonly timeoutMs: number;
}

/** Stops phones and waits for their sessions. Rejects as `DaemonApi.stopCapture` does. */
export async function stopCapture(
  client: AdminClient,
  { devices, captureId, timeoutMs }: StopOptions,
): Promise<StopCaptureResult> {
  return await client.call(
    'capture.stop',
    {
      timeoutMs,
      ...(devices && devices.length > 0 && { devices: [...devices] }),
      ...(captureId !== undefined && { captureId }),
    },
    { timeoutMs: timeoutMs + CALL_TIMEOUT_MS },
  );
}

/** Knows which cameras have ended by themselves, and when the daemon is gone. */
class SessionWatch {
  readonly #client: AdminClient;
  /** The sessions that were not gone on with. */
  readonly #last: SessionSummary[] = [];
  #changed: () => void = () => undefined;
  /** The daemon has ended. */
  gone = false;

  constructor(client: AdminClient) {
    this.#client = client;
  }

  async begin(): Promise<void> {
    this.#client.on('event', (event) => {
      if (event.event === 'session.finished' && !goesOn(event.session)) {
        this.#last.push(event.session);
      }
      this.#changed();
    });
    this.#client.on('close', () => {
      this.gone = true;
      this.#changed();
    });
    await this.#client.subscribe();
  }

  /** With which the recording of a camera has ended; nothing while it goes on. */
  lastSession({ sessionId, name }: CaptureDevice, captureId: string): SessionSummary | undefined {
    return this.#last.find(
      (session) =>
        session.id === sessionId || (session.captureId === captureId && session.device === name),
    );
  }

  /** Resolves after `durationMs`, when `signal` aborts, when `isOver`, or when the daemon is gone. */
  async until(
    durationMs: number,
    isOver: () => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, durationMs);
      const end = () => {
        clearTimeout(timer);
        done();
      };
      signal?.addEventListener('abort', end, { once: true });
      this.#changed = () => {
        if (signal?.aborted || this.gone || isOver()) end();
      };
      this.#changed();
    });
  }
}

/** How many of the phones the selectors name: those that a later start will address. */
function countSelected(
  selectors: readonly string[] | undefined,
  devices: readonly DeviceStatus[],
): number {
  if (selectors === undefined || selectors.length === 0) return devices.length;
  return new Set(selectors.flatMap((selector) => matchDevices(selector, devices))).size;
}

async function waitForDevices(options: CaptureOptions, wanted: number): Promise<void> {
  const { client, signal } = options;
  let changed: () => void = () => undefined;
  const onEvent = ({ event }: DaemonEvent) => {
    if (event.startsWith('device.')) changed();
  };
  client.on('event', onEvent);
  await client.subscribe();
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    // Set before asking, so that a phone that connects meanwhile is not missed.
    const change = new Promise<void>((done) => {
      changed = done;
    });
    const { devices } = await client.call('daemon.status', {});
    const connected = countSelected(options.devices, devices);
    options.view.waiting(connected, wanted);
    if (connected >= wanted) break;
    const remainingMs = deadline - performance.now();
    if (signal?.aborted) throw interrupted();
    if (remainingMs <= 0) throw tooFew(connected, wanted, options.timeoutMs);
    await firstOf(change, remainingMs, client, signal);
  }
  client.off('event', onEvent);
}

/** Resolves with the first of a change, the end of the time, the end of the daemon, or the abort. */
async function firstOf(
  change: Promise<void>,
  ms: number,
  client: AdminClient,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new Promise<void>((done) => {
    const end = () => {
      clearTimeout(timer);
      client.off('close', end);
      signal?.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    client.once('close', end);
    signal?.addEventListener('abort', end, { once: true });
    void change.then(end);
  });
}

function interrupted(): CamrecError {
  return new CamrecError(
    'INTERRUPTED',
    'Interrupted while waiting for phones; nothing was started.',
  );
}

function tooFew(connected: number, wanted: number, timeoutMs: number): CamrecError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new CamrecError(
    'NO_CAMERA',
    `${connected} of ${count(wanted, 'phone')} connected within ${seconds} s; nothing was started.`,
    { hint: 'camrec status shows the address to connect to; --timeout waits longer.' },
  );
}
