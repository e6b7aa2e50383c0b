/**
 * One finished session on the monitor: thumbnail, figures, downloads.
 */
import { count, formatBytes, formatDuration } from '../../lib/base/format.js';
import { printable } from '../../lib/base/printable.js';
import type { SessionSummaryState } from '../../lib/base/session-summary.js';
import type { WebSession } from '../../lib/web/web-api.js';
import { copyOf, element, part, setPill, setText } from '../elements.js';

const MOODS: Record<SessionSummaryState, string> = {
  recording: 'live',
  complete: 'good',
  recovered: 'warning',
  failed: 'live',
};

/** The element that shows a session. `play` is called when the person wants to see it. */
export function sessionCard(session: WebSession, play: (session: WebSession) => void): HTMLElement {
  const { state, label, startedAt, urls } = session;
  const device = printable(session.device);
  const root = copyOf('session-template');
  root.dataset['session'] = session.id;
  setText(part(root, 'device'), device);
  setPill(part(root, 'state'), state, MOODS[state]);
  part(root, 'label').hidden = label === null;
  setText(part(root, 'label'), printable(label ?? ''));
  setText(part(root, 'when'), new Date(startedAt).toLocaleString());
  setText(part(root, 'figures'), figures(session));
  const button = element('[data-part="play"]', HTMLButtonElement, root);
  button.disabled = urls.mp4.length === 0;
  button.setAttribute('aria-label', `Play ${device}, ${new Date(startedAt).toLocaleString()}`);
  button.addEventListener('click', () => play(session));
  if (urls.thumbnail !== null) {
    const image = element('img', HTMLImageElement, root);
    image.src = urls.thumbnail;
    image.hidden = false;
  }
  part(root, 'downloads').append(...downloads(session));
  return root;
}

function figures({ durationMs, frames, lost, bytes, width, height }: WebSession): string {
  const size = width === null ? [] : [`${width} × ${height}`];
  return [
    formatDuration(durationMs),
    count(frames, 'frame'),
    `${lost} lost`,
    formatBytes(bytes),
    ...size,
  ].join(' · ');
}

function downloads({ urls }: WebSession): HTMLAnchorElement[] {
  const several = urls.mp4.length > 1;
  const files = [
    ...urls.mp4.map((url, index) => [several ? `MP4, part ${index + 1}` : 'MP4', url] as const),
    ['raw H.264', urls.raw] as const,
    ['times', urls.index] as const,
  ];
  return files.map(([text, url]) => {
    const link = document.createElement('a');
    link.href = `${url}?download`;
    link.download = '';
    link.textContent = text;
    return link;
  });
}
