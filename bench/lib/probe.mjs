// Loaded into a server that is measured (node --import): answers how late its event loop runs and what it holds in
// memory. It costs one timer of the runtime's own; the server's code does not know of it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serveCalls } from './child.mjs';

/** How often the delay is looked at, milliseconds: what the histogram shows at rest, and what is subtracted. */
const RESOLUTION_MS = 1;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

serveCalls({
  watchDelay() {
    delay.enable();
    delay.reset();
  },
  /** Milliseconds beyond the resolution. */
  delay() {
    const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    return { p99: late(delay.percentile(99)), max: late(delay.max) };
  },
  /** Bytes that are in use after a full collection (needs --expose-gc). */
  memory() {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { used: heapUsed + external };
  },
});
// The channel must not keep a server alive that wants to end.
process.channel.unref();
