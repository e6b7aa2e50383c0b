/**
 * A disk that knows at every moment what a power cut would leave: the bytes of each file as of its last sync, under
 * the names that were made durable. As on the usual file systems, the sync of a new file makes its name durable too, and
 * perhaps that of the new directory in which it is; a rename may reach the disk by itself, before others that came earlier.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Disk, DiskFile } from '../../src/lib/storage/disk.js';

interface Contents {
  now: Buffer;
  synced: Buffer;
  /** The name under which it was made. */
  path: string;
}

/** What is left: contents by path. */
export type Leftovers = ReadonlyMap<string, Buffer>;

export class PowerCutDisk implements Disk {
  /** What a cut after each call might have left; calls that changed nothing are left out. */
  readonly cuts: Leftovers[] = [];
  readonly #disk: Disk;
  readonly #names = new Map<string, Contents>();
  readonly #durable = new Map<string, Contents>();
  /** Directories whose own names are not durable: what is in them is not found. */
  readonly #newDirectories = new Set<string>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** What a power cut would leave now. */
  get leftovers(): Leftovers {
    return this.#leftoversWith(undefined);
  }

  /** As `leftovers`, if the name of one directory has become durable before it had to be. */
  #leftoversWith(early: string | undefined): Leftovers {
    const found = [...this.#durable].filter(
      ([path]) => dirname(path) === early || !this.#newDirectories.has(dirname(path)),
    );
    return new Map(found.map(([path, { synced }]) => [path, synced]));
  }

  /** A file that was there before, durable as far as `synced`. */
  adopt(path: string, bytes: Buffer, synced = bytes): void {
    const contents = { now: bytes, synced, path };
    this.#names.set(path, contents);
    this.#durable.set(path, contents);
  }

  async open(...[path, mode]: Parameters<Disk['open']>): Promise<DiskFile> {
    const file = await this.#disk.open(path, mode);
    const known = mode === 'read' ? this.#names.get(path) : undefined;
    const contents = known ?? { now: Buffer.alloc(0), synced: Buffer.alloc(0), path };
    if (mode !== 'read') this.#names.set(path, contents);
    return {
      ...file,
      writev: async (chunks, position) => {
        const taken = await file.writev(chunks, position);
        contents.now = written(contents.now, Buffer.concat(chunks).subarray(0, taken), position);
        return taken;
      },
      sync: async () => {
        contents.synced = Buffer.from(contents.now);
        if (this.#names.get(contents.path) === contents) {
          this.#durable.set(contents.path, contents);
        }
        this.#changed();
        const directory = dirname(contents.path);
        if (this.#newDirectories.has(directory)) this.cuts.push(this.#leftoversWith(directory));
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#disk.rename(from, to);
    const contents = this.#names.get(from);
    if (contents === undefined) return;
    this.#names.delete(from);
    this.#names.set(to, contents);
    contents.path = to;
    if (this.#newDirectories.has(dirname(to))) return;
    const early = new Map(this.leftovers);
    early.delete(from);
    this.cuts.push(early.set(to, contents.synced));
  }

  async link(from: string, to: string): Promise<void> {
    await this.#disk.link(from, to);
    const contents = this.#names.get(from);
    if (contents !== undefined) this.#names.set(to, contents);
  }

  async remove(path: string): Promise<void> {
    await this.#disk.remove(path);
    this.#names.delete(path);
  }

  async syncDirectory(path: string): Promise<void> {
    for (const name of this.#newDirectories) {
      if (dirname(name) === path) this.#newDirectories.delete(name);
    }
    for (const name of this.#durable.keys()) if (dirname(name) === path) this.#durable.delete(name);
    for (const [name, contents] of this.#names) {
      if (dirname(name) === path) this.#durable.set(name, contents);
    }
    this.#changed();
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#disk.makeDirectory(path);
    this.#newDirectories.add(path);
  }
  async removeDirectory(path: string): Promise<void> {
    await this.#disk.removeDirectory(path);
    this.#newDirectories.delete(path);
  }
  ensureDirectory(path: string): Promise<void> {
    return this.#disk.ensureDirectory(path);
  }
  readFile(path: string): Promise<Buffer> {
    return this.#disk.readFile(path);
  }
  list(path: string): Promise<string[]> {
    return this.#disk.list(path);
  }
  fileSize(path: string): Promise<number | undefined> {
    return this.#disk.fileSize(path);
  }
  fileStamp(path: string): Promise<string | undefined> {
    return this.#disk.fileStamp(path);
  }
  freeBytes(path: string): Promise<number> {
    return this.#disk.freeBytes(path);
  }

  #changed(): void {
    this.cuts.push(this.leftovers);
  }
}

/** Writes what a cut has left of `from` into `to`. */
export async function replayLeftovers(
  leftovers: Leftovers,
  from: string,
  to: string,
): Promise<void> {
  for (const [path, bytes] of leftovers) {
    const target = join(to, relative(from, path));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
}

function written(contents: Buffer, bytes: Buffer, position: number): Buffer {
  const size = Math.max(contents.length, position + bytes.length);
  const grown = size === contents.length ? contents : Buffer.concat([contents], size);
  bytes.copy(grown, position);
  return grown;
}
