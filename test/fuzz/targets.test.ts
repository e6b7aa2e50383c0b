/** The short form of the fuzzing; `npm run test:long` has the long one. */
import { describe, it } from 'vitest';
import { FUZZ_TARGETS } from '../support/fuzz-targets.js';

/** Another one each day: the suite meets new cases, and a failure names its seed. */
const seed = Number(process.env['CAMREC_FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));

describe(`seed ${seed}`, () => {
  it.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    'nothing breaks: %s',
    async (_name, { run, shortRuns }) => {
      await run(shortRuns, seed);
    },
  );
});
