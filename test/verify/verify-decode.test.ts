/**
 * What the words of ffmpeg, one part after the other, mean for a session. A script stands for it.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { checkDecode } from '../../src/lib/verify/verify-decode.js';
import { testManifest } from '../support/manifests.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Of two parts of five pictures each: ffmpeg shows the first, and does `second` with the second. */
async function decodeTwo(second: string, lost = 0) {
  const directory = await temporaryDirectory();
  const program = join(directory, 'ffmpeg');
  const script = `#!/bin/sh\ncase "$*" in *stream-2.mp4*) ${second};; *) echo frame=5;; esac\n`;
  await writeFile(program, script);
  await chmod(program, 0o755);
  vi.stubEnv('FFMPEG_BIN', program);
  const { counts } = testManifest({});
  const part = { startMs: 0, durationMs: 500, frames: 5, bytes: 1, width: 2, height: 2, codec: '' };
  const parts = ['stream.mp4', 'stream-2.mp4'].map((file) => ({
    ...part,
    file,
    engine: 'builtin' as const,
  }));
  return checkDecode(directory, testManifest({ parts, counts: { ...counts, lost } }));
}

const BREAKS = 'echo "moov atom not found" >&2; exit 1';
const COMPLAINS = 'echo frame=5; echo "error while decoding MB 1 2" >&2';
const LEAVES_OUT = 'echo frame=2; echo frame=3';

it.skipIf(process.platform === 'win32').each([
  ['decodes', 'echo frame=5', 0, true, 'every picture decodes without an error'],
  ['decodes less', LEAVES_OUT, 0, true, '8 of 10 pictures decode without an error'],
  ['breaks', BREAKS, 0, false, 'ffmpeg failed: moov atom not found'],
  ['breaks, after losses too', BREAKS, 3, false, 'ffmpeg failed: moov atom not found'],
  ['complains', COMPLAINS, 0, false, 'error while decoding MB 1 2'],
  [
    'complains of what was lost',
    COMPLAINS,
    3,
    true,
    'complaints after 3 lost packets: error while decoding MB 1 2',
  ],
])('the second part %s', async (_name, second, lost, ok, detail) => {
  expect(await decodeTwo(second, lost)).toEqual({ name: 'decode', ok, leftOut: false, detail });
});
