/**
 * The streams that come with the package, one for each shape of picture. scripts/make-sample.mjs made them.
 */
import { packageFile } from '../base/package-file.js';
import { loadInput } from './load-input.js';
import type { Sample } from './sample.js';

/** The first is what phones send whose operator asked for nothing. */
const FILES = ['sample-4x3.h264', 'sample-16x9.h264', 'sample-1x1.h264'] as const;

/** Reads all of them. */
export async function loadShippedSamples(): Promise<readonly [Sample, Sample, Sample]> {
  const [standard, wide, square] = FILES;
  return Promise.all([load(standard), load(wide), load(square)]);
}

function load(file: string): Promise<Sample> {
  return loadInput(packageFile(`assets/${file}`));
}
