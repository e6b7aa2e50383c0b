/**
 * The files of the pages: built by scripts/build-web.mjs, read into memory once.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { packageFile } from '../base/package-file.js';
import { isKnown } from './responses.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

export class Assets {
  readonly #directory: string;
  #files: Promise<ReadonlyMap<string, Asset>> | undefined;

  /** `directory`: of the built pages; the package's own unless given. */
  constructor(directory: string = packageFile('dist/web')) {
    this.#directory = directory;
  }

  /** Answers with the file of this name; resolves with false where there is none. Rejects with what the disk throws. */
  async send(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    status = 200,
  ): Promise<boolean> {
    const asset = (await this.#read()).get(name);
    if (asset === undefined) return false;
    const hasIt = status === 200 && isKnown(request, asset.etag);
    response.writeHead(hasIt ? 304 : status, {
      'Content-Type': asset.type,
      'Cache-Control': 'no-cache',
      ...(status === 200 && { ETag: asset.etag }),
      ...(!hasIt && { 'Content-Length': asset.bytes.length }),
    });
    response.end(hasIt || request.method === 'HEAD' ? undefined : asset.bytes);
    return true;
  }

  /** A failure is not kept: want of descriptors, say, passes. */
  #read(): Promise<ReadonlyMap<string, Asset>> {
    this.#files ??= readAll(this.#directory).catch((error: unknown) => {
      this.#files = undefined;
      throw error;
    });
    return this.#files;
  }
}

/** Names alone are looked up: a path in a request can lead nowhere else. */
async function readAll(directory: string): Promise<ReadonlyMap<string, Asset>> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  const assets = names.flatMap((name) => {
    const type = TYPES[extname(name)];
    return type === undefined ? [] : [{ name, type }];
  });
  const entries = assets.map(async ({ name, type }) => {
    const bytes = await readFile(join(directory, name));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    return [name, { bytes, type, etag }] as const;
  });
  return new Map(await Promise.all(entries));
}
