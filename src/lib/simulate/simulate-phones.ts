/**
 * Stands in for any number of phones: connects them, lets them be told what to do, and reports what they have sent.
 */
import { type Clock, systemClock } from '../base/clock.js';
import { CamrecError } from '../base/errors.js';
import { type Behaviour, DEFAULT_BEHAVIOUR } from './behaviour.js';
import { loadInput } from './load-input.js';
import { type PhoneEvent, SimulatedPhone } from './phone.js';
import { publicUrl } from './phone-socket.js';
import type { DeviceReport, SimulationReport } from './report.js';
import type { Sample } from './sample.js';
import { Schedule } from './schedule.js';
import { loadShippedSamples } from './shipped-samples.js';

/** Most phones of one process. */
const MAX_DEVICES = 1000;

const DEFAULT_NAME = 'sim';

export interface SimulationOptions {
  /** `ws:` or `wss:`, with any path and query. */
  readonly url: string;
  /** Accepts any certificate. */
  readonly insecure?: boolean | undefined;
  /** How many phones; 1 unless given. */
  readonly devices?: number | undefined;
  /**
   * Phones are called `<name>-1`, `<name>-2`, …; a single one is called `<name>`. `sim-1`, `sim-2`, … unless given,
   * and the empty string leaves them without names.
   */
  readonly name?: string | undefined;
  /** An Annex B file to send instead of the samples that come with the package. */
  readonly input?: string | undefined;
  /** A text file with the time of each picture of `input`, one number of milliseconds a line. */
  readonly times?: string | undefined;
  /** Ends the whole simulation so long after all phones have connected, milliseconds; captures end in good order. */
  readonly durationMs?: number | undefined;
  /** What differs from the usual phone. */
  readonly behaviour?: Partial<Behaviour> | undefined;
  /** Ends the simulation early, in good order. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Told what each phone does; `name` is null for a phone without one. */
  readonly onEvent?: ((name: string | null, event: PhoneEvent) => void) | undefined;
  /** Called when every phone has tried to connect. */
  readonly onConnected?: ((connected: number) => void) | undefined;
}

/**
 * Runs until every phone has left: by its own limits, by `durationMs`, by `signal`, or because the server closed.
 * Rejects with CONNECTION_FAILED when no phone could connect, with INTERRUPTED when the signal came first, with USAGE,
 * FILE_NOT_FOUND or INPUT_INVALID for options that make no sense.
 */
export async function simulatePhones(options: SimulationOptions): Promise<SimulationReport> {
  const { clock = systemClock, signal } = options;
  const url = parseUrl(options.url);
  const names = phoneNames(options.name, options.devices ?? 1);
  const samples = await loadSamples(options);
  const behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
  const schedule = new Schedule(clock);
  const { insecure } = options;
  const phones = names.map((name) => {
    const onEvent = (event: PhoneEvent) => options.onEvent?.(name ?? null, event);
    return new SimulatedPhone({
      url,
      name,
      insecure,
      behaviour,
      samples,
      schedule,
      clock,
      onEvent,
    });
  });
  const startedAt = clock.monotonic();
  const leave = () => {
    for (const phone of phones) phone.leave();
  };
  signal?.addEventListener('abort', leave, { once: true });
  const refusals = await connectAll(phones, signal);
  options.onConnected?.(phones.length - refusals.size);

  const ending = {};
  if (options.durationMs !== undefined) {
    schedule.at(ending, clock.monotonic() + options.durationMs, leave);
  }
  if (signal?.aborted) leave();
  await Promise.all(phones.map((phone) => refusals.has(phone) || phone.closed));
  signal?.removeEventListener('abort', leave);
  schedule.cancel(ending);
  return {
    url: publicUrl(url),
    seed: behaviour.seed,
    elapsedMs: Math.round(clock.monotonic() - startedAt),
    devices: phones.map((phone) => deviceReport(phone, refusals.get(phone))),
  };
}

/** Connects all at once. Returns those that were refused, and why; throws when all were, or had to leave meanwhile. */
async function connectAll(
  phones: readonly SimulatedPhone[],
  signal: AbortSignal | undefined,
): Promise<Map<SimulatedPhone, CamrecError>> {
  const refusals = new Map<SimulatedPhone, CamrecError>();
  await Promise.all(
    phones.map((phone) =>
      phone.connect().catch((error: unknown) => {
        if (!(error instanceof CamrecError)) throw error;
        refusals.set(phone, error);
      }),
    ),
  );
  const [first] = refusals.values();
  if (first !== undefined && refusals.size === phones.length) {
    throw signal?.aborted ? interrupted() : first;
  }
  return refusals;
}

function interrupted(): CamrecError {
  return new CamrecError('INTERRUPTED', 'Interrupted before any phone was connected.');
}

function deviceReport(phone: SimulatedPhone, refusal: CamrecError | undefined): DeviceReport {
  const report = phone.report();
  if (refusal === undefined) return report;
  return { ...report, connection: { end: 'refused', code: null, detail: refusal.message } };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['ws:', 'wss:'].includes(url.protocol) || url.hash !== '') {
    const hint = 'Write it like ws://192.168.1.20:8765/android-cam.';
    throw new CamrecError('USAGE', `"${text}" is not a WebSocket address.`, { hint });
  }
  return url;
}

/** One entry for each phone; nothing for a phone without a name. */
function phoneNames(name: string | undefined, devices: number): (string | undefined)[] {
  if (!Number.isInteger(devices) || devices < 1 || devices > MAX_DEVICES) {
    throw new CamrecError('USAGE', `There can be from 1 to ${MAX_DEVICES} phones, not ${devices}.`);
  }
  if (name === '') return Array.from({ length: devices }, () => undefined);
  if (name !== undefined && devices === 1) return [name];
  return Array.from({ length: devices }, (_, index) => `${name ?? DEFAULT_NAME}-${index + 1}`);
}

async function loadSamples(options: SimulationOptions): Promise<readonly [Sample, ...Sample[]]> {
  const { input, times } = options;
  if (input !== undefined) return [await loadInput(input, times)];
  if (times === undefined) return loadShippedSamples();
  throw new CamrecError('USAGE', 'A list of times belongs to an input file.', {
    hint: 'Give both --input and --times, or neither.',
  });
}
