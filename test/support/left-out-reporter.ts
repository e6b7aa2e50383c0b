/**
 * Says at the end of a run which checks were left out and for want of what, and closes with one line that
 * scripts may read: `N passed, N failed, N skipped`, alone and last.
 */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { chromium, ffmpeg, ffprobe, sharedStreams } from './tools.js';

/** A suite or test says what it needs in its name: "plays to its end (needs Chromium)". */
const NEED = /\(needs ([^)]+)\)/g;

/** What is at hand. A check that needs two things was left out for want of the one that is not. */
const AT_HAND: ReadonlySet<string> = new Set([
  ...(ffmpeg !== undefined && ffprobe !== undefined ? ['ffmpeg'] : []),
  ...(chromium !== undefined ? ['Chromium'] : []),
  ...(sharedStreams !== undefined ? ['shared streams'] : []),
]);

/** For a check that was left out and does not say why: a mistake in the test. */
const NO_REASON = 'a reason in its name';

/** Most names shown for one need; the rest are only counted. */
const MAX_NAMES = 12;

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of the checks that were left out, by what was missing. */
  readonly leftOut: Map<string, string[]>;
}

export default class LeftOutReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: 'passed' | 'interrupted' | 'failed',
  ): void {
    const tally: Tally = { passed: 0, failed: 0, skipped: 0, leftOut: new Map() };
    for (const module of modules) {
      // A file or suite whose own code failed is a failed check: its tests never ran.
      tally.failed += module.errors().length;
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) count(test, tally);
    }
    tally.failed += unhandledErrors.length;
    // No run that failed may look as if it had passed, whatever the reason was.
    if (reason !== 'passed' && tally.failed === 0) tally.failed = 1;
    process.stdout.write(`${summary(tally).join('\n')}\n`);
  }
}

function count(test: TestCase, tally: Tally): void {
  const { state } = test.result();
  if (state === 'passed') tally.passed += 1;
  else if (state === 'failed') tally.failed += 1;
  else {
    tally.skipped += 1;
    noteLeftOut(test, tally.leftOut);
  }
}

function noteLeftOut(test: TestCase, leftOut: Map<string, string[]>): void {
  const needs = [...test.fullName.matchAll(NEED)].map(([, need = '']) => need);
  const missing = needs.filter((need) => !AT_HAND.has(need));
  const wanting = missing.length > 0 ? missing : needs;
  for (const need of wanting.length > 0 ? wanting : [NO_REASON]) {
    const names = leftOut.get(need) ?? [];
    names.push(`${fileOf(test)}: ${test.fullName}`);
    leftOut.set(need, names);
  }
}

function fileOf(test: TestCase): string {
  return test.module.relativeModuleId;
}

function summary(tally: Tally): string[] {
  const lines: string[] = [];
  for (const [need, names] of [...tally.leftOut].sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`Left out for want of ${need}: ${names.length}`);
    lines.push(...names.slice(0, MAX_NAMES).map((name) => `  ${name}`));
    if (names.length > MAX_NAMES) lines.push(`  and ${names.length - MAX_NAMES} more`);
  }
  if (lines.length > 0) lines.push('');
  lines.push(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
  return lines;
}
