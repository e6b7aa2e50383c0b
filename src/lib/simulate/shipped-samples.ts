/**
 * The streams that come with the package, one for each shape of picture. scripts/make-sample.mjs made them.
 */
import { fileURLToPath } from 'node:url';
import { loadInput } from './load-input.js';
import type { Sample } from './sample.js';

/** The first is what phones send whose operator asked for nothing. The path is the same from src and from dist. */
const ASSETS = new URL('../../../assets/', import.meta.url);
const FILES = ['sample-4x3.h264', 'sample-16x9.h264', 'sample-1x1.h264'] as const;

/** Reads all of them. */
export async function loadShippedSamples(): Promise<readonly [Sample, Sample, Sample]> {
  const [standard, wide, square] = FILES;
  return Promise.all([load(standard), load(wide), load(square)]);
}

function load(file: string): Promise<Sample> {
  return loadInput(fileURLToPath(new URL(file, ASSETS)));
}
