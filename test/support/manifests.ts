/** A valid manifest, to be changed by a test. */
import { emptyCounts, MANIFEST_VERSION, type Manifest } from '../../src/lib/storage/manifest.js';

export function testManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    schemaVersion: MANIFEST_VERSION,
    id: 'bench_20250601_140309',
    state: 'complete',
    reason: 'stopped',
    reasonText: 'the camera said that its capture had stopped',
    device: { id: '10.0.0.5_50123', name: 'bench', model: 'Pixel 6a', address: '10.0.0.5' },
    label: null,
    captureId: null,
    request: { bitrate: 4, fps: 10, aspectRatio: { width: 4, height: 3 } },
    startedAt: '2025-06-01T12:03:09.000Z',
    endedAt: '2025-06-01T12:03:19.000Z',
    durationMs: 10_000,
    counts: { ...emptyCounts(), packets: 101, frames: 100, keyFrames: 10, config: 1, bytes: 5000 },
    interruptions: { count: 0, totalMs: 0 },
    frameRate: { device: 10, arrival: 10 },
    video: { codec: 'avc1.42c01f', width: 640, height: 480 },
    parts: [],
    files: { raw: 'stream.h264', index: 'frames.csv', thumbnail: null },
    checksums: null,
    inheritedParameterSets: [],
    timings: { stopToPlayableMs: 3, stopToDurableMs: 9 },
    writer: { version: '0.1.0', pid: 1, host: 'lab', bootId: '', processStart: '' },
    recovery: null,
    ...changes,
  };
}
