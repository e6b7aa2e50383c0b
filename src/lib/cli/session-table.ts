/**
 * Sessions as rows and as a list of facts.
 */
import { basename } from 'node:path';
import { formatBytes, formatDuration, formatRate, formatTime, NOTHING } from '../base/format.js';
import { printable } from '../base/printable.js';
import type { OtherDirectory, SessionSummary } from '../base/session-summary.js';
import type { Column } from './column.js';
import { renderColumns } from './columns.js';
import type { Terminal } from './fit-terminal.js';

const RIGHT = 'right';

/** What people play: the MP4 where there is one, else the directory. */
export function playablePath({ dir, files }: SessionSummary): string {
  const [first, ...more] = files.mp4;
  if (first === undefined) return dir;
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
}

/** The state, and why where it is not the ordinary one. */
export function describeState({ state, reason }: SessionSummary): string {
  if (reason === null || reason === 'stopped') return state;
  return state === 'recording' ? reason : `${state}, ${reason}`;
}

/** The figures of a session, for the columns below. */
export const figures = (session: SessionSummary): string[] =>
  isUncounted(session)
    ? FIGURE_COLUMNS.map(() => NOTHING)
    : [
        formatDuration(session.durationMs),
        String(session.frames),
        String(session.lost),
        formatRate(session.fps),
        formatBytes(session.bytes),
      ];

/**
 * The manifest of a session that was cut short, or whose daemon cannot be asked, has the zeros of its beginning: they tell
 * nothing of what is there.
 */
const isUncounted = ({ state, reason, durationMs }: SessionSummary): boolean =>
  reason === 'interrupted' || (state === 'recording' && durationMs === 0);

export const FIGURE_COLUMNS: readonly Column[] = [
  { head: 'DURATION', align: RIGHT },
  { head: 'FRAMES', align: RIGHT },
  { head: 'LOST', align: RIGHT },
  { head: 'FPS', align: RIGHT },
  { head: 'SIZE', align: RIGHT },
];

/** The catalogue: sessions, then what else lies there. */
export function renderSessions(
  sessions: readonly SessionSummary[],
  others: readonly OtherDirectory[],
  terminal: Terminal,
): string {
  const tables: string[] = [];
  if (sessions.length > 0) {
    tables.push(
      renderColumns(
        [
          { head: 'STARTED' },
          { head: 'PHONE' },
          { head: 'LABEL' },
          { head: 'STATE' },
          ...FIGURE_COLUMNS,
          { head: 'ID' },
        ],
        sessions.map((session) => [
          formatTime(Date.parse(session.startedAt)),
          session.device,
          session.label ?? NOTHING,
          describeState(session),
          ...figures(session),
          session.id,
        ]),
        terminal,
      ),
    );
  }
  if (others.length > 0) {
    tables.push(
      renderColumns(
        [{ head: 'ALSO THERE' }, { head: 'WHAT' }, { head: 'DETAIL' }],
        others.map(({ dir, kind, detail }) => [basename(dir), kind, detail]),
        terminal,
      ),
    );
  }
  return tables.join('\n\n');
}

/** Everything about one session, a fact a line. */
export function renderSession(session: SessionSummary): string {
  const { width, height, codec, files } = session;
  const facts: [string, string][] = [
    ['session', session.id],
    ['phone', `${session.device} (${session.deviceId})`],
    ['label', session.label ?? NOTHING],
    ['capture', session.captureId ?? NOTHING],
    ['state', describeState(session)],
    ['ended', session.reasonText ?? NOTHING],
    ['started', formatTime(Date.parse(session.startedAt))],
    ...countedFacts(session).map(([name, value]): [string, string] => [
      name,
      isUncounted(session) ? NOTHING : value,
    ]),
    ['picture', width === null ? NOTHING : `${width}x${height ?? ''} ${codec ?? ''}`],
    ['directory', session.dir],
    ...files.mp4.map((path): [string, string] => ['MP4', path]),
    ['raw stream', files.raw],
    ['index', files.index],
    ['thumbnail', files.thumbnail ?? NOTHING],
  ];
  return facts.map(([name, value]) => `${name.padEnd(11)} ${printable(value)}`).join('\n');
}

const countedFacts = (session: SessionSummary): [string, string][] => [
  ['duration', formatDuration(session.durationMs)],
  ['frames', `${session.frames}, ${session.lost} lost, ${session.rejected} rejected`],
  ['rate', `${formatRate(session.fps)} fps`],
  ['size', formatBytes(session.bytes)],
];
