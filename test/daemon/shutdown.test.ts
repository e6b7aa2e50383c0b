/**
 * The end of a real daemon process while many cameras record.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { parseManifest } from '../../src/lib/storage/manifest.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { ServeProcess } from '../support/serve-process.js';

const CAMERAS = 50;

/** Lets cameras film until the server ends it. */
function film(serve: ServeProcess, devices: number) {
  return simulatePhones({ url: serve.url, devices, behaviour: { autostart: true } });
}

/** Resolves when so many sessions have begun. */
async function recording(serve: ServeProcess, sessions: number) {
  const opened = () => serve.log.filter(({ event }) => event === 'session.opened').length;
  await serve.line('session.opened', () => opened() >= sessions);
}

async function manifests(directory: string) {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(
    names.map(async (name) => {
      const parsed = parseManifest(await readFile(join(directory, name, 'session.json'), 'utf8'));
      if (!parsed.ok) throw new Error(parsed.reason);
      return { dir: join(directory, name), manifest: parsed.manifest };
    }),
  );
}

it(`finishes ${CAMERAS} MP4s at SIGTERM, and exits 0`, async () => {
  const serve = await ServeProcess.start();
  try {
    const filming = film(serve, CAMERAS);
    await recording(serve, CAMERAS);
    serve.signal('SIGTERM');
    expect(await serve.exited).toEqual({ code: 0, signal: null });
    await filming;
    const sessions = await manifests(serve.directory);
    expect(sessions).toHaveLength(CAMERAS);
    for (const { dir, manifest } of sessions) {
      expect(manifest).toMatchObject({ state: 'complete' });
      const { samples, isFragmented } = readByMp4box(await readFile(join(dir, 'stream.mp4')));
      expect(samples).toHaveLength(manifest.counts.frames);
      expect(isFragmented).toBe(false);
    }
  } finally {
    await serve.remove();
  }
});

it('ends at its deadline, and the next start recovers what is left', async () => {
  const serve = await ServeProcess.start(['--shutdown-timeout', '0']);
  let next: ServeProcess | undefined;
  try {
    const filming = film(serve, 3);
    await recording(serve, 3);
    serve.signal('SIGTERM');
    expect(await serve.exited).toEqual({ code: 5, signal: null });
    expect(serve.log.some(({ event }) => event === 'shutdown.deadline')).toBe(true);
    await filming;
    next = await ServeProcess.start([], serve.root);
    await expect
      .poll(async () => (await manifests(serve.directory)).map(({ manifest }) => manifest.state), {
        timeout: 20_000,
      })
      .not.toContain('recording');
    next.signal('SIGTERM');
    await next.exited;
  } finally {
    await next?.remove();
    await serve.remove();
  }
});
