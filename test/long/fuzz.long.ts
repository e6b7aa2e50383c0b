/** The long form of the fuzzing: minutes, not hours. CAMREC_FUZZ_SEED repeats a run. */
import { expect, it } from 'vitest';
import { FUZZ_TARGETS } from '../support/fuzz-targets.js';

const seed = Number(process.env['CAMREC_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** A part of the whole, for trying: 0.01 is a hundredth. */
const share = Number(process.env['CAMREC_LONG_SHARE'] ?? 1);

it.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
  'fuzz: %s',
  async (name, { run, longRuns }) => {
    const runs = Math.ceil(longRuns * share);
    const started = performance.now();
    await run(runs, seed);
    const seconds = (performance.now() - started) / 1000;
    console.info(
      `fuzz ${name}: ${runs} runs in ${seconds.toFixed(1)} s, seed ${seed}, none failed`,
    );
    expect(runs).toBeGreaterThan(0);
  },
  30 * 60_000,
);
