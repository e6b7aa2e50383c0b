/**
 * Sessions that a daemon left unfinished, and what crashes do to their files.
 */
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crashed } from './mux-sessions.js';
import { rowsOf, samplePackets } from './recorded-session.js';
import { temporaryDirectory } from './temporary-directory.js';

export const PICTURES = 25;

/** A session of PICTURES pictures, in a recordings directory of its own. */
export async function crashedSession(): Promise<string> {
  return crashed(await temporaryDirectory(), samplePackets(PICTURES));
}

export async function rowsIn(directory: string) {
  return rowsOf(await readFile(join(directory, 'frames.csv'), 'latin1'));
}

/** A symbolic link to a directory, by another name and from elsewhere. */
export async function linkTo(directory: string): Promise<string> {
  const link = join(await temporaryDirectory(), 'latest');
  await symlink(directory, link);
  return link;
}
