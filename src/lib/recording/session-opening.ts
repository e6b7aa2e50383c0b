/**
 * The beginning of a session: its directory, everything that writes into it, and its first manifest.
 */
import { join } from 'node:path';
import type { Disk } from '../storage/disk.js';
import { type Manifest, writeManifest } from '../storage/manifest.js';
import { createSessionDirectory } from '../storage/session-directory.js';
import { SessionWriter } from '../storage/session-writer.js';
import { Overload } from './overload.js';
import { PacketPipeline } from './packet-pipeline.js';
import { SessionAccount } from './session-account.js';
import type { RecordingContext, SessionDevice, SessionOrder } from './session-info.js';
import { SessionParts } from './session-parts.js';
import { SessionReserve, type SessionReserveOptions } from './session-reserve.js';
import { SessionSync } from './session-sync.js';
import { SessionThumbnail } from './session-thumbnail.js';

export interface OpeningOptions extends Pick<SessionReserveOptions, 'onFull'> {
  readonly context: RecordingContext;
  readonly device: SessionDevice;
  readonly order: SessionOrder;
  readonly inheritedParameterSets: readonly Uint8Array[];
  /** The MP4 has as many parts as it may have. */
  readonly onTooManyParts: () => void;
}

/** What a session consists of while it runs. */
export interface OpenSession {
  readonly context: RecordingContext;
  /** The disk, with the room that is kept back. */
  readonly disk: Disk;
  /** The session's directory; rejects when none could be made. */
  readonly directory: Promise<string>;
  /** Resolves with the session's id when its directory and first manifest are there. */
  readonly opened: Promise<string>;
  readonly reserve: SessionReserve;
  readonly writer: SessionWriter;
  readonly parts: SessionParts;
  readonly pipeline: PacketPipeline;
  readonly thumbnail: SessionThumbnail;
  readonly overload: Overload;
  readonly sync: SessionSync;
  readonly account: SessionAccount;
  /** Wall clock minus monotonic clock when the session began. */
  readonly epochOffsetMs: number;
}

/** Opens a session. Returns at once: what comes before its directory is there is queued. */
export function openSession(options: OpeningOptions): OpenSession {
  const { context, device, order, inheritedParameterSets, onFull, onTooManyParts } = options;
  const { clock, version } = context;
  const startedAtMs = clock.now();
  const startedMonotonicMs = clock.monotonic();
  const room = context.reserves?.take();
  const reserve = new SessionReserve({ disk: context.disk, reserve: room, onFull });
  const { disk } = reserve;
  const id = createSessionDirectory(disk, context.directory, device.directoryName, startedAtMs);
  const directory = id.then((name) => join(context.directory, name));
  // `opened` tells of a failure; who asks for the directory later hears of it too, and nobody may have asked yet.
  directory.catch(() => {});
  const writer = new SessionWriter(disk, directory);
  const parts = new SessionParts({ disk, directory, onTooMany: onTooManyParts });
  const { makeThumbnail } = context;
  const thumbnail = new SessionThumbnail({ clock, makeThumbnail, directory });
  const pipeline = new PacketPipeline({
    startedAtMs,
    openPart: (partNumber) => parts.open(partNumber),
    inheritedParameterSets,
    onPicture: (picture) => {
      if (thumbnail.wants(picture)) thumbnail.make(picture, pipeline.parameterSets);
    },
  });
  const overload = new Overload(context.maxPendingBytes);
  const start = { device, order, version, startedAtMs, inheritedParameterSets };
  const account = new SessionAccount({ clock, startedMonotonicMs, start, pipeline, overload });
  const opened = id.then((name) => writeFirstManifest(context, disk, account.startManifest(name)));
  const sync = new SessionSync({ context, disk, directory, opened, writer, startedMonotonicMs });
  return {
    context,
    disk,
    directory,
    opened,
    reserve,
    writer,
    parts,
    pipeline,
    thumbnail,
    overload,
    sync,
    account,
    epochOffsetMs: startedAtMs - startedMonotonicMs,
  };
}

/** From here on the session is found after a crash. Resolves with its id. */
async function writeFirstManifest(
  { directory, inSyncTurn }: RecordingContext,
  disk: Disk,
  manifest: Manifest,
): Promise<string> {
  await inSyncTurn(async () => {
    await writeManifest(disk, join(directory, manifest.id), manifest);
    await disk.syncDirectory(directory);
  });
  return manifest.id;
}
