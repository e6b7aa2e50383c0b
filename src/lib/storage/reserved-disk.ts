/**
 * A disk that has room kept back: the first call that finds it full frees that room and is made once more.
 */
import { systemErrorCode } from '../base/errors.js';
import type { Disk } from './disk.js';

/** The disk, or the user's share of it, is full: room may help. */
export function needsRoom(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * `makeRoom` is called when a call fails for want of room, and resolves with whether it is worth another try. A sync is
 * never tried again: after a failed one the contents are unknown.
 */
export function reservedDisk(disk: Disk, makeRoom: (error: unknown) => Promise<boolean>): Disk {
  const withRoom = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!needsRoom(error) || !(await makeRoom(error))) throw error;
      return call();
    }
  };
  return {
    async open(path, mode) {
      const file = await withRoom(() => disk.open(path, mode));
      return {
        writev: (chunks, position) => withRoom(() => file.writev(chunks, position)),
        read: (target, position) => file.read(target, position),
        sync: () => file.sync(),
        size: () => file.size(),
        close: () => file.close(),
      };
    },
    makeDirectory: (path) => withRoom(() => disk.makeDirectory(path)),
    ensureDirectory: (path) => withRoom(() => disk.ensureDirectory(path)),
    readFile: (path) => disk.readFile(path),
    list: (path) => disk.list(path),
    fileSize: (path) => disk.fileSize(path),
    fileStamp: (path) => disk.fileStamp(path),
    rename: (from, to) => withRoom(() => disk.rename(from, to)),
    link: (from, to) => withRoom(() => disk.link(from, to)),
    remove: (path) => disk.remove(path),
    removeDirectory: (path) => disk.removeDirectory(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    freeBytes: (path) => disk.freeBytes(path),
  };
}
