/**
 * Settings of the JavaScript engine, for this process and for good. docs/performance.md has the figures behind them.
 */
import { setFlagsFromString } from 'node:v8';

/** Of what is in use after a full garbage collection, in percent: more costs memory, less costs CPU. */
const HEAP_GROWTH_PERCENT = 400;

/** Bytecode that is compiled into one function together with its own; 920 unless it is set. */
const MAX_INLINED_BYTES = 150;

/** The young generation grows so many times at once, to its full size, when much of it is in use; 2 unless it is set. */
const YOUNG_GENERATION_GROWTH = 16;

/**
 * For a daemon. The data of the cameras passes through buffers outside the JavaScript heap, which count as its growth.
 * With the engine's own rule a heap of 15 MB is collected in full after 8 MB of them: a dozen times a second at 100 MB/s,
 * for a sixth of all CPU, and each time the cameras wait.
 */
export function settleForDaemon(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/**
 * For a command that works hard for a second or a few: it is over before a larger function, compiled for longer, has paid.
 */
export function settleForShortWork(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${MAX_INLINED_BYTES}`);
  setFlagsFromString(`--semi-space-growth-factor=${YOUNG_GENERATION_GROWTH}`);
  // The engine would notice where objects that live long are made, make them in other memory from then on, and for that
  // throw away the code that makes them, within the first second: all that is hot.
  setFlagsFromString('--no-allocation-site-pretenuring');
}
