/**
 * What a stop leaves, for people.
 */
import { formatDuration, NOTHING } from '../base/format.js';
import type { SessionSummary } from '../base/session-summary.js';
import type { Terminal } from './fit-terminal.js';
import { describeState, FIGURE_COLUMNS, figures, playablePath } from './session-table.js';
import { renderTable } from './table.js';

/** One row per session, with the time from the stop to a playable MP4. */
export function renderStoppedSessions(
  sessions: readonly SessionSummary[],
  terminal: Terminal,
): string {
  const toPlayable = (ms: number | null) => (ms === null ? NOTHING : formatDuration(ms));
  return renderTable(
    [
      { head: 'PHONE' },
      ...FIGURE_COLUMNS,
      { head: 'READY AFTER', align: 'right' },
      { head: 'STATE' },
      { head: 'FILE' },
    ],
    sessions.map((session) => [
      session.device,
      ...figures(session),
      toPlayable(session.stopToPlayableMs),
      session.state === 'recording' ? 'not finished yet' : describeState(session),
      playablePath(session),
    ]),
    terminal,
  );
}
