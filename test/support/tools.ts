/**
 * The judges that tests call upon, and whether they are here. A test that needs a missing one is left out
 * visibly; with CAMREC_REQUIRE_TOOLS=1 (as in continuous integration) a missing one is an error instead.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root directory. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

function runnable(name: string, command: string, versionFlag: string): string | undefined {
  try {
    execFileSync(command, [versionFlag], { stdio: 'ignore' });
    return command;
  } catch {
    return missing(name);
  }
}

function missing(name: string): undefined {
  if (process.env['CAMREC_REQUIRE_TOOLS'] === '1') {
    throw new Error(`${name} is required here (CAMREC_REQUIRE_TOOLS=1) and was not found`);
  }
  return undefined;
}

export const ffmpeg = runnable('ffmpeg', process.env['FFMPEG_BIN'] ?? 'ffmpeg', '-version');
export const ffprobe = runnable('ffprobe', process.env['FFPROBE_BIN'] ?? 'ffprobe', '-version');
export const chromium = runnable(
  'Chromium',
  process.env['CHROMIUM_BIN'] ?? 'chromium',
  '--version',
);

/** The directory of streams that others made, or nothing where it is not at hand. */
const sharedStreamsDir =
  process.env['CAMREC_TESTDATA'] ?? join(repositoryRoot, '..', 'shared', 'testdata');
export const sharedStreams = existsSync(sharedStreamsDir) ? sharedStreamsDir : undefined;

/** The path of a command: what launches browsers wants one where a shell would take a name. */
export function onPath(command: string): string {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = directories.map((directory) => join(directory, command)).find(existsSync);
  return command.includes('/') ? command : (found ?? command);
}
