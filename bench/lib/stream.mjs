// What the cameras send: an H.264 stream made once by ffmpeg, or the sample that comes with the package.
import { existsSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { FFMPEG } from './servers.mjs';

const SHIPPED = fileURLToPath(new URL('../../assets/sample-4x3.h264', import.meta.url));

/** Ten seconds at 1920×1440, 30 fps and 4 Mbit/s: 300 pictures of 17 kB on average, a key picture each second. */
const ENCODE = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=1920x1440:rate=30', '-vf', 'noise=alls=12:allf=t'],
  ...['-t', '10', '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline'],
  ...['-pix_fmt', 'yuv420p', '-g', '30', '-keyint_min', '30', '-sc_threshold', '0'],
  ...[
    '-b:v',
    '4M',
    '-maxrate',
    '4M',
    '-bufsize',
    '1M',
    '-x264-params',
    'sliced-threads=0:slices=1',
  ],
];

/** Path of the stream. The made one is kept in the temporary directory for the next run. */
export async function benchStream({ small }) {
  if (small) return SHIPPED;
  const made = join(tmpdir(), 'camrec-bench-1920x1440.h264');
  if (!existsSync(made)) {
    await run(FFMPEG, [
      '-nostdin',
      '-loglevel',
      'error',
      ...ENCODE,
      '-f',
      'h264',
      '-y',
      `${made}.new`,
    ]);
    renameSync(`${made}.new`, made);
  }
  return made;
}
