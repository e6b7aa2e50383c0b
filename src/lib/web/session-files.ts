/**
 * The files of finished sessions, by the session's id and one of the names that its manifest lists. Nothing of a
 * request is ever used as a path: it is looked up among what is there.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../base/errors.js';
import type { SessionSummary } from '../base/session-summary.js';
import { readCatalogueEntry } from '../storage/catalogue.js';
import type { Disk } from '../storage/disk.js';
import { parseByteRange } from './byte-range.js';
import { isKnown } from './responses.js';
import type { WebSession } from './web-api.js';

const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.jpg': 'image/jpeg',
  '.csv': 'text/csv; charset=utf-8',
  '.h264': 'application/octet-stream',
};

/** Reads of the file per answer are of this size. */
const READ_BYTES = 256 * 1024;

/** A session as the pages know it. */
export function webSession(session: SessionSummary): WebSession {
  const { dir: _dir, files, ...rest } = session;
  const url = (path: string) =>
    `/sessions/${encodeURIComponent(session.id)}/${encodeURIComponent(basename(path))}`;
  return {
    ...rest,
    urls: {
      mp4: files.mp4.map(url),
      raw: url(files.raw),
      index: url(files.index),
      thumbnail: files.thumbnail === null ? null : url(files.thumbnail),
    },
  };
}

/** Where the file of a finished session is; nothing where there is no such session or no such file of it. */
export async function findSessionFile(
  disk: Disk,
  recordings: string,
  id: string,
  name: string,
): Promise<string | undefined> {
  // One name of a directory, so that no part of a path can be in it.
  if (id !== basename(id) || id.startsWith('.') || /[\\/\0]/.test(id)) return undefined;
  const entry = await readCatalogueEntry(disk, join(recordings, id));
  if (entry.kind !== 'session' || entry.session.id !== id) return undefined;
  const { state, files } = entry.session;
  if (state === 'recording') return undefined;
  const paths = [
    ...files.mp4,
    files.raw,
    files.index,
    ...(files.thumbnail ? [files.thumbnail] : []),
  ];
  // What the manifest lists is a name as well: damaged or foreign ones lead nowhere else.
  const path = paths.find((candidate) => basename(candidate) === name);
  return path === undefined ? undefined : join(recordings, id, basename(path));
}

/** Sends a file, or the part of it that is asked for. Resolves with false where there is no such file. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  downloadName: string | undefined,
): Promise<boolean> {
  const file = await open(path, 'r').catch((error) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    const { size, mtimeMs } = await file.stat();
    const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
    const common = { 'Cache-Control': 'private, no-cache', ETag: etag };
    response.setHeader('Accept-Ranges', 'bytes');
    if (isKnown(request, etag)) {
      response.writeHead(304, common);
      response.end();
      return true;
    }
    const { method, headers } = request;
    // A part of an older file is no part of this one, and only GET has parts (RFC 9110, 14.2).
    const sameFile = [undefined, etag].includes(headers['if-range'] as string | undefined);
    const hasParts = sameFile && method === 'GET';
    const range = parseByteRange(hasParts ? headers.range : undefined, size);
    if (range.kind === 'outside') {
      response.writeHead(416, { 'Content-Range': `bytes */${size}` });
      response.end();
      return true;
    }
    const { first, last } = range.kind === 'part' ? range : { first: 0, last: size - 1 };
    response.writeHead(range.kind === 'part' ? 206 : 200, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Content-Length': last - first + 1,
      ...common,
      ...(range.kind === 'part' && { 'Content-Range': `bytes ${first}-${last}/${size}` }),
      ...(downloadName !== undefined && {
        'Content-Disposition': `attachment; filename="${downloadName}"`,
      }),
    });
    if (method === 'HEAD' || last < first) response.end();
    else {
      const options = { start: first, end: last, autoClose: false, highWaterMark: READ_BYTES };
      await pipeline(createReadStream('', { ...options, fd: file }), response);
    }
  } catch (error) {
    // The player goes elsewhere in the film, or away: every seek ends an answer half way.
    if (!response.destroyed && !response.headersSent) throw error;
    response.destroy();
  } finally {
    await file.close();
  }
  return true;
}

/** What a downloaded file is called: its session, and what it is. Safe in a header and on a disk. */
export function downloadName(id: string, name: string): string {
  return `${id}-${name}`.replace(/[^A-Za-z0-9._-]/g, '_');
}
