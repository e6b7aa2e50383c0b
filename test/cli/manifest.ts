/**
 * The manifest of the built commands: what oclif itself starts from.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/tools.js';

export interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly env?: string;
  readonly description?: string;
  readonly summary?: string;
  readonly default?: unknown;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly char?: string;
}

export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly enableJsonFlag?: boolean;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<
    Record<string, { readonly required?: boolean; readonly description?: string }>
  >;
}

/** Where the built program is; CAMREC_BUILT_ROOT names another build than the one in dist. */
export const builtRoot = process.env['CAMREC_BUILT_ROOT'] ?? repositoryRoot;

function read(): { commands: Record<string, ManifestCommand> } {
  try {
    return JSON.parse(readFileSync(join(builtRoot, 'oclif.manifest.json'), 'utf8'));
  } catch (error) {
    throw new Error('The commands are not built: run npm run build', { cause: error });
  }
}

export const builtManifest = read();
