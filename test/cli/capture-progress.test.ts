import { describe, expect, it, vi } from 'vitest';
import { captureProgress } from '../../src/lib/cli/capture-progress.js';
import { terminalOf } from './terminal-stream.js';

const step = (name: string, state: string, message: string | null = null) => ({
  id: `id-${name}`,
  name,
  state,
  message,
});

describe('where lines cannot be redrawn', () => {
  it('each phone has a line once it is done', async () => {
    const { stream: file, written } = terminalOf({ isTTY: false });
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
  const { stream: file, written } = terminalOf({ isTTY: false });
  captureProgress(file).device(step('ev\u001b]0;mine\u0007il\n', 'failed', 'E\u001b[2J'));
  expect(written()).toBe('ev·]0;mine·il·: failed (E·[2J)\n');
});

describe('on a terminal', () => {
  it('each phone has a row', async () => {
    vi.stubEnv('CI', '');
    const { stream: terminal, written } = terminalOf();
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
    const { stream: terminal, written } = terminalOf();
    const view = captureProgress(terminal);
    view.device(step('a', 'starting'));
    await vi.waitUntil(() => written().includes('a'));
    view.device(step('late', 'started'));
    await view.begun();
    expect(written()).toContain('late: started\n');
    expect(written()).toContain('a: unknown');
    vi.unstubAllEnvs();
  });

  it('phones that it has no room for have a line, since nobody would see their rows', async () => {
    vi.stubEnv('CI', '');
    const { stream: terminal, written } = terminalOf({ rows: 4 });
    const view = captureProgress(terminal);
    const names = Array.from({ length: 50 }, (_, index) => `phone-${index}`);
    for (const name of names) view.device(step(name, 'starting'));
    for (const name of names) view.device(step(name, 'started'));
    await view.begun();
    const texts = names.map((name) => written().split(`${name}: started\n`).length - 1);
    expect(texts.slice(3)).toEqual(Array(47).fill(1));
    expect(written()).toContain('phone-2: started');
    expect(written()).not.toContain('phone-3\n');
    vi.unstubAllEnvs();
  });
});
