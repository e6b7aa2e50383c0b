/**
 * The calls that the project makes to the disk, as one narrow interface: what tests replace to make the N-th call fail.
 */
import { constants, read, writev } from 'node:fs';
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { ensureDirectory, PRIVATE_DIRECTORY } from '../base/ensure-directory.js';
import { systemErrorCode } from '../base/errors.js';

export interface DiskFile {
  /** Writes at `position`; resolves with the number of bytes taken, which may be fewer than given. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<number>;
  /** Reads into `target` from `position`; resolves with the number of bytes read, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Makes the contents durable (fdatasync). */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export type OpenMode =
  /** For reading; must exist. */
  | 'read'
  /** For writing; must not exist yet. */
  | 'create'
  /** For writing; emptied when it exists. */
  | 'replace';

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Creates one directory, private to the user; fails with EEXIST when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Creates a directory and its parents; fine when it is there. */
  ensureDirectory(path: string): Promise<void>;
  readFile(path: string): Promise<Buffer>;
  /** Names in a directory. */
  list(path: string): Promise<string[]>;
  /** Size in bytes of a file, or nothing where there is none. */
  fileSize(path: string): Promise<number | undefined>;
  /** A text that is another when the file at a path has been written or replaced; nothing where there is none. */
  fileStamp(path: string): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; fails with EEXIST when it is taken, and where the file system has no such thing. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a directory; fails with ENOTEMPTY when something is in it. */
  removeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that this user may still write to the file system of `path`. */
  freeBytes(path: string): Promise<number>;
}

const PRIVATE_FILE = 0o600;

const OPEN_FLAGS: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  replace: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
};

/** Of an open file Node says what failed, and not which file it was: as in its other errors, the path stands behind. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && !('path' in error)) error.message += ` '${path}'`;
  return error;
}

/** The machine's file system. */
export const systemDisk: Disk = {
  async open(path, mode) {
    const handle = await open(path, OPEN_FLAGS[mode], PRIVATE_FILE);
    return {
      // By callback: a handle's own method costs the thread of the cameras' data twice as much.
      writev: (chunks, position) =>
        new Promise((resolve, reject) => {
          writev(handle.fd, chunks as Uint8Array[], position, (error, taken) => {
            if (error === null) resolve(taken);
            else reject(withPath(error, path));
          });
        }),
      read: (target, position) =>
        new Promise((resolve, reject) => {
          read(handle.fd, target, 0, target.length, position, (error, count) => {
            if (error === null) resolve(count);
            else reject(withPath(error, path));
          });
        }),
      async sync() {
        try {
          await handle.datasync();
        } catch (error) {
          throw withPath(error, path);
        }
      },
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
  },
  async makeDirectory(path) {
    await mkdir(path, { mode: PRIVATE_DIRECTORY });
  },
  ensureDirectory,
  async readFile(path) {
    try {
      return await readFile(path);
    } catch (error) {
      throw withPath(error, path);
    }
  },
  list: (path) => readdir(path),
  async fileSize(path) {
    try {
      const stats = await stat(path);
      return stats.isFile() ? stats.size : undefined;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  async fileStamp(path) {
    try {
      const { ino, size, mtimeNs } = await stat(path, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  },
  rename,
  link,
  remove: unlink,
  removeDirectory: rmdir,
  async syncDirectory(path) {
    // Windows cannot open a directory; its file systems journal the names.
    if (process.platform === 'win32') return;
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
