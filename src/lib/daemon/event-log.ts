/**
 * One log line per event: what happened, to whom, and what it means for the recording.
 */
import type { DaemonEvent } from '../admin/protocol.js';
import { count, formatBytes, formatDuration } from '../base/format.js';
import type { Logger } from '../base/logger.js';
import type { SessionSummary } from '../base/session-summary.js';

/** Writes the line of one event. docs/logs.md lists them all, and their fields. */
export function logEvent(logger: Logger, event: DaemonEvent): void {
  switch (event.event) {
    case 'device.connected': {
      const { id, name, address } = event.device;
      logger.info({ event: event.event, device: name, id, address }, `${name} connected`);
      break;
    }
    case 'device.capabilities': {
      const { id, name, model } = event.device;
      const what = model === null ? 'does not say what it is' : `is a ${model}`;
      logger.info({ event: event.event, device: name, id, model }, `${name} ${what}`);
      break;
    }
    case 'device.disconnected': {
      const { id, name } = event.device;
      const fields = { event: event.event, device: name, id, reason: event.reason };
      logger.info(fields, `${name} disconnected: ${event.reason}`);
      break;
    }
    case 'device.error': {
      const { id, name } = event.device;
      const fields = { event: event.event, device: name, id, message: event.message };
      logger.warn(fields, `${name} reports an error: ${event.message}`);
      break;
    }
    case 'session.opened': {
      const { id, device, dir } = event.session;
      logger.info({ event: event.event, device, session: id, dir }, `${device} records to ${dir}`);
      break;
    }
    case 'session.finished':
      logFinished(logger, event.session);
      break;
    case 'daemon.stopping':
      logger.info({ event: event.event }, 'stopping: finishing every session');
      break;
  }
}

function logFinished(logger: Logger, session: SessionSummary): void {
  const { id, device, state, reason, frames, lost, bytes, durationMs } = session;
  const fields = {
    event: 'session.finished',
    device,
    session: id,
    state,
    reason,
    frames,
    lost,
    rejected: session.rejected,
    bytes,
    durationMs,
    mp4: session.files.mp4,
    stopToPlayableMs: session.stopToPlayableMs,
  };
  const figures = `${count(frames, 'frame')}, ${lost} lost, ${formatDuration(durationMs)}, ${formatBytes(bytes)}`;
  if (state === 'failed') {
    logger.error(fields, `${device} failed: ${session.reasonText} (${figures}, ${session.dir})`);
    return;
  }
  const ready = session.stopToPlayableMs === null ? '' : ` after ${session.stopToPlayableMs} ms`;
  const file = session.files.mp4.join(', ');
  logger.info(
    fields,
    `${device} finished (${session.reasonText}): ${figures}; ${file} ready${ready}`,
  );
}
