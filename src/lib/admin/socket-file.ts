/**
 * The life of a Unix socket's file. A process that dies leaves its file behind, so a file says nothing: only a
 * connection does. A socket is bound under a passing name and gets its public one when it already listens; whoever
 * is refused at a public name has therefore found a dead one, never one that is about to live.
 */
import { randomBytes } from 'node:crypto';
import { link, rename, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../base/errors.js';
import { lacksHardLinks } from '../base/hard-links.js';

/** How long a connection to a local socket may take before its owner counts as hanging. */
const PROBE_MS = 2000;

/** `hanging`: somebody has it and does not answer. */
export type SocketLife = 'alive' | 'dead' | 'absent' | 'hanging';

/** Who is behind a socket file. */
export async function probeSocket(path: string): Promise<SocketLife> {
  return await new Promise((done) => {
    const socket = connect(path);
    const end = (life: SocketLife) => {
      clearTimeout(timer);
      socket.destroy();
      done(life);
    };
    const timer = setTimeout(() => end('hanging'), PROBE_MS);
    socket.on('connect', () => end('alive'));
    socket.on('error', (error) => {
      const code = systemErrorCode(error);
      if (code === 'ENOENT') end('absent');
      // ENOTSOCK: some other file stands there, which serves nobody.
      else if (code === 'ECONNREFUSED' || code === 'ENOTSOCK') end('dead');
      else end('hanging');
    });
  });
}

/** A name beside `path` that nobody else uses, and shorter: the length of a socket's path is limited. */
export function passingName(path: string): string {
  return join(dirname(path), `.${randomBytes(4).toString('hex')}~`);
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
}

/** Takes away the file of a dead socket; a living one stays. Rejects with what the disk says. */
export async function removeDeadSocket(path: string): Promise<void> {
  // Loaded only where a dead socket lies: commands start faster.
  const { withLock } = await import('./lock-file.js');
  // Two that find the same dead file must not both remove it: the second would hit what the first put there.
  await withLock(join(dirname(path), `.${basename(path)}.lock`), async () => {
    if ((await probeSocket(path)) === 'dead') await removeFile(path);
  });
}

/** Gives the listening socket at `from` its public name. Returns who has that name already, or nothing when it worked. */
export async function publishSocket(from: string, path: string): Promise<SocketLife | undefined> {
  // Twice is normal (one dead file to clear away); more means that others keep taking the name.
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await link(from, path);
      await unlink(from);
      return undefined;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST' && !lacksHardLinks(error)) throw error;
    }
    const life = await probeSocket(path);
    if (life === 'absent') {
      // A file system without hard links: the name is free, and only another start at this very moment could take it.
      await rename(from, path);
      return undefined;
    }
    if (life === 'alive' || life === 'hanging') return life;
    if (life === 'dead') await removeDeadSocket(path);
  }
  return 'alive';
}
