// Very many small packets on one connection.
import { runCameras } from './cameras.mjs';

export async function smallFrames({ sizes, stream, directoryFor, progress }) {
  const { perSecond, pictureBytes, seconds } = sizes.smallFrames;
  progress(`${perSecond} a second for ${seconds} s`);
  const directory = directoryFor('small-frames');
  const size = { cameras: 1, fps: perSecond, seconds, pictureBytes };
  const { missing, cpu, delay } = await runCameras({ ...size, stream, directory });
  return [
    {
      name: `packets lost of ${perSecond}/s of ${pictureBytes + 16} bytes`,
      value: missing,
      unit: '',
      atMost: 0,
      note: `${Math.round(cpu * 100)}% of a core`,
    },
    {
      name: 'event-loop delay, 99th percentile',
      value: delay.p99,
      unit: 'ms',
      note: `greatest ${delay.max.toFixed(1)} ms`,
    },
  ];
}
