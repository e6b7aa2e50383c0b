import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { captureProgress } from '../../src/lib/cli/capture-progress.js';

/** A stream that says whether it is a terminal, and keeps what is written. */
function stream(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const terminal = Object.assign(sink, { isTTY, columns: 100, rows: 30 });
  return { stream: terminal as unknown as NodeJS.WriteStream, written: () => text };
}

const step = (name: string, state: string, message: string | null = null) => ({
  id: `id-${name}`,
  name,
  state,
  message,
});

describe('where lines cannot be redrawn', () => {
  it('each phone has a line once it is done', async () => {
    const { stream: file, written } = stream(false);
    const view = captureProgress(file);
    view.waiting(0, 2);
    view.waiting(0, 2);
    view.waiting(1, 2);
    view.waiting(2, 2);
    view.device(step('a', 'starting'));
    view.device(step('b', 'already-recording'));
    view.device(step('a', 'failed', 'camera in use'));
    await view.begun();
    view.recording(30_000);
    view.stopping();
    expect(written()).toBe(
      [
        'Waiting for 2 phones: 0 connected.',
        'Waiting for 2 phones: 1 connected.',
        'b: already recording',
        'a: failed (camera in use)',
        'Recording for 30.0 s. Ctrl-C ends it now and keeps the files.',
        'Stopping, and finishing the files.',
        '',
      ].join('\n'),
    );
  });
});

it('a phone cannot move the cursor by what it is called or says', async () => {
  const { stream: file, written } = stream(false);
  captureProgress(file).device(step('ev\u001b]0;mine\u0007il\n', 'failed', 'E\u001b[2J'));
  expect(written()).toBe('ev·]0;mine·il·: failed (E·[2J)\n');
});

describe('on a terminal', () => {
  it('each phone has a row', async () => {
    vi.stubEnv('CI', '');
    const { stream: terminal, written } = stream(true);
    const view = captureProgress(terminal);
    view.device(step('a', 'starting'));
    view.device(step('b', 'starting'));
    view.device(step('a', 'started', 'Streaming'));
    view.device(step('b', 'timeout', 'no answer'));
    await view.begun();
    const last = written().split('a: started').at(-1) ?? '';
    expect(written()).toContain('a: started');
    expect(last).toContain('b: timeout (no answer)');
    vi.unstubAllEnvs();
  });

  it('rows end although a phone was never heard of again, and a late phone has a line', async () => {
    vi.stubEnv('CI', '');
    const { stream: terminal, written } = stream(true);
    const view = captureProgress(terminal);
    view.device(step('a', 'starting'));
    await vi.waitUntil(() => written().includes('a'));
    view.device(step('late', 'started'));
    await view.begun();
    expect(written()).toContain('late: started\n');
    expect(written()).toContain('a: unknown');
    vi.unstubAllEnvs();
  });
});
