// Makes the samples that the simulated phones send: assets/sample-*.h264, one for each shape of picture.
// A developer with ffmpeg (libx264, drawtext) runs it by hand and commits what it wrote:
//   node scripts/make-sample.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FPS = 10;
const SECONDS = 10;
const SAMPLES = [
  { name: '4x3', width: 640, height: 480 },
  { name: '16x9', width: 640, height: 360 },
  { name: '1x1', width: 480, height: 480 },
];

const SEI = 6;
const SPS = 7;
const PPS = 8;

/** Raw Annex B from libx264: a key picture once a second, closed groups, no B pictures. */
function encode({ width, height }) {
  const counter = [
    'drawtext=font=monospace',
    'fontsize=h/6',
    'x=(w-text_w)/2',
    'y=(h-text_h)/2',
    'fontcolor=white',
    'box=1',
    'boxcolor=black',
    'boxborderw=8',
    "text='%{frame_num}'",
    'start_number=0',
  ].join(':');
  return execFileSync(
    process.env.FFMPEG_BIN ?? 'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi'],
      ...['-i', `testsrc=size=${width}x${height}:rate=${FPS}:duration=${SECONDS}`],
      ...['-vf', `${counter},format=yuv420p`],
      ...[
        '-c:v',
        'libx264',
        '-profile:v',
        'main',
        '-preset',
        'veryslow',
        '-crf',
        '24',
        '-threads',
        '1',
      ],
      ...[
        '-x264-params',
        `keyint=${FPS}:min-keyint=${FPS}:scenecut=0:open-gop=0:bframes=0:ref=1:aud=0`,
      ],
      ...['-f', 'h264', '-'],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
}

/** The stream without SEI, and with its parameter sets at the start only, as most phones send them. */
function likeAPhone(stream) {
  const kept = [];
  let pictureSeen = false;
  for (const unit of unitsOf(stream)) {
    const type = unit[0] & 0x1f;
    if (type === SEI) continue;
    if ((type === SPS || type === PPS) && pictureSeen) continue;
    if (type >= 1 && type <= 5) pictureSeen = true;
    kept.push(Buffer.from([0, 0, 0, 1]), unit);
  }
  return Buffer.concat(kept);
}

/** NAL units without start codes (ISO/IEC 14496-10, B.1). */
function unitsOf(stream) {
  const units = [];
  for (let at = stream.indexOf('000001', 0, 'hex'); at !== -1; ) {
    const begin = at + 3;
    const next = stream.indexOf('000001', begin, 'hex');
    let end = next === -1 ? stream.length : next;
    while (end > begin && stream[end - 1] === 0) end -= 1;
    units.push(stream.subarray(begin, end));
    at = next;
  }
  return units;
}

const assets = join(dirname(dirname(fileURLToPath(import.meta.url))), 'assets');
mkdirSync(assets, { recursive: true });
for (const sample of SAMPLES) {
  const stream = likeAPhone(encode(sample));
  const path = join(assets, `sample-${sample.name}.h264`);
  writeFileSync(path, stream);
  console.log(`${path}: ${stream.length} bytes`);
}
