/**
 * Where the files are that come with the package and are no code.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json. This module runs from src, from dist, and from bundles at other places in dist. */
const PACKAGE_DIRECTORY = directoryWith('package.json', dirname(fileURLToPath(import.meta.url)));

/** The path of a file or a directory of the package, by its path in it. */
export function packageFile(path: string): string {
  return join(PACKAGE_DIRECTORY, path);
}

/** The nearest directory with a file of this name: the one that is given, or one that it lies in. */
function directoryWith(name: string, directory: string): string {
  if (existsSync(join(directory, name))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`this installation of camrec has lost its ${name}`);
  return directoryWith(name, parent);
}
