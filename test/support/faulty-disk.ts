/**
 * A disk that counts the calls made to it and lets a test decide what becomes of each: in the manner of SQLite's
 * tests, fail the N-th call for every N.
 */
import type { Disk, DiskFile } from '../../src/lib/storage/disk.js';

/** What a call was, for the test to decide by. */
export interface DiskCall {
  /** Counts all calls from 1. */
  readonly number: number;
  readonly name: keyof Disk | keyof DiskFile;
  readonly path: string;
}

export type Verdict =
  | 'pass'
  /** A write takes only half of its bytes; any other call passes. */
  | 'shorten'
  /** The call fails with this system error code, without doing anything. */
  | { readonly fail: string };

export class FaultyDisk implements Disk {
  readonly calls: DiskCall[] = [];
  /** Changes what becomes of later calls. */
  decide: (call: DiskCall) => Verdict;
  /** Awaited before each call: a slow disk. */
  delay: ((call: DiskCall) => Promise<void>) | undefined;
  readonly #disk: Disk;
  readonly #open = new Map<DiskFile, string>();

  constructor(disk: Disk, decide: (call: DiskCall) => Verdict = () => 'pass') {
    this.#disk = disk;
    this.decide = decide;
  }

  /** Paths of the files that have not been closed. */
  get openFiles(): string[] {
    return [...this.#open.values()];
  }

  async #admit(name: DiskCall['name'], path: string): Promise<Verdict> {
    const call = { number: this.calls.length + 1, name, path };
    this.calls.push(call);
    const verdict = this.decide(call);
    if (this.delay !== undefined) await this.delay(call);
    if (typeof verdict === 'object') throw systemError(verdict.fail, name, path);
    return verdict;
  }

  async open(...[path, mode]: Parameters<Disk['open']>): Promise<DiskFile> {
    await this.#admit('open', path);
    const file = await this.#disk.open(path, mode);
    this.#open.set(file, path);
    return {
      writev: async (chunks, position) => {
        const verdict = await this.#admit('writev', path);
        return file.writev(verdict === 'shorten' ? firstHalf(chunks) : chunks, position);
      },
      read: async (target, position) => {
        await this.#admit('read', path);
        return file.read(target, position);
      },
      sync: async () => {
        await this.#admit('sync', path);
        await file.sync();
      },
      size: async () => {
        await this.#admit('size', path);
        return file.size();
      },
      close: async () => {
        // A handle that cannot be closed would leak into the next round: the call fails after it.
        const admitted = await this.#admit('close', path).then(
          () => undefined,
          (error: unknown) => ({ error }),
        );
        await file.close();
        this.#open.delete(file);
        if (admitted !== undefined) throw admitted.error;
      },
    };
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#admit('makeDirectory', path);
    await this.#disk.makeDirectory(path);
  }

  async ensureDirectory(path: string): Promise<void> {
    await this.#admit('ensureDirectory', path);
    await this.#disk.ensureDirectory(path);
  }

  async readFile(path: string): Promise<Buffer> {
    await this.#admit('readFile', path);
    return this.#disk.readFile(path);
  }

  async list(path: string): Promise<string[]> {
    await this.#admit('list', path);
    return this.#disk.list(path);
  }

  async fileSize(path: string): Promise<number | undefined> {
    await this.#admit('fileSize', path);
    return this.#disk.fileSize(path);
  }

  async fileStamp(path: string): Promise<string | undefined> {
    await this.#admit('fileStamp', path);
    return this.#disk.fileStamp(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#admit('rename', to);
    await this.#disk.rename(from, to);
  }

  async link(from: string, to: string): Promise<void> {
    await this.#admit('link', to);
    await this.#disk.link(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.#admit('remove', path);
    await this.#disk.remove(path);
  }

  async removeDirectory(path: string): Promise<void> {
    await this.#admit('removeDirectory', path);
    await this.#disk.removeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#admit('syncDirectory', path);
    await this.#disk.syncDirectory(path);
  }

  async freeBytes(path: string): Promise<number> {
    await this.#admit('freeBytes', path);
    return this.#disk.freeBytes(path);
  }
}

/** An error as Node's file system gives it. */
export function systemError(code: string, name: string, path: string): Error {
  return Object.assign(new Error(`${code}: injected, ${name} '${path}'`), { code });
}

/** The first half of the bytes, at least one of them. */
function firstHalf(chunks: readonly Uint8Array[]): Uint8Array[] {
  const all = Buffer.concat(chunks);
  return [all.subarray(0, Math.max(1, all.length >> 1))];
}
