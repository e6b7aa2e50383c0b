/**
 * How far memory may grow between two full garbage collections.
 *
 * The data of the cameras passes through buffers outside the JavaScript heap, which count as its growth. With the
 * engine's own rule a heap of 15 MB is collected in full after 8 MB of them: a dozen times a second at 100 MB/s, for a
 * sixth of all CPU, and each time the cameras wait.
 */
import { setFlagsFromString } from 'node:v8';

/** Of what is in use after a collection, in percent: more costs memory, less costs CPU. docs/performance.md has figures. */
const GROWTH_PERCENT = 400;

/** Sets the rule for this process, for good. */
export function setHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
