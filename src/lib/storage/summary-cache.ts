/**
 * Remembers what the manifests of finished sessions say, for the daemon: whoever looks at its pages has the list again
 * with every session that begins or ends, while cameras stream.
 */
import { join } from 'node:path';
import type { SessionSummary } from '../base/session-summary.js';
import { type CatalogueEntry, type ReadEntry, readCatalogueEntry } from './catalogue.js';
import type { Disk } from './disk.js';
import { MANIFEST_FILE } from './session-files.js';

/** Sessions that are remembered, about a kilobyte each. */
const MAX_KEPT = 5_000;

interface Kept {
  readonly stamp: string;
  readonly session: SessionSummary;
}

export class SummaryCache {
  readonly #maxKept: number;
  /** By directory. */
  readonly #kept = new Map<string, Kept>();

  constructor(maxKept = MAX_KEPT) {
    this.#maxKept = maxKept;
  }

  /** As `readCatalogueEntry`, without reading the manifest of a finished session again that is as it was. */
  readonly read: ReadEntry = async (disk: Disk, dir: string): Promise<CatalogueEntry> => {
    // Before the reading: a manifest that is replaced in between is read again next time.
    const stamp = await disk.fileStamp(join(dir, MANIFEST_FILE)).catch(() => undefined);
    const kept = this.#kept.get(dir);
    if (kept !== undefined && kept.stamp === stamp) {
      return { kind: 'session', session: kept.session };
    }
    this.#kept.delete(dir);
    const entry = await readCatalogueEntry(disk, dir);
    if (entry.kind === 'session' && entry.session.state !== 'recording' && stamp !== undefined) {
      this.#keep(dir, { stamp, session: entry.session });
    }
    return entry;
  };

  #keep(dir: string, kept: Kept): void {
    // Sessions that were removed are among them: it begins anew.
    if (this.#kept.size >= this.#maxKept) this.#kept.clear();
    this.#kept.set(dir, kept);
  }
}
