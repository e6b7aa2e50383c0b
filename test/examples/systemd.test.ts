/**
 * The systemd unit of the examples: what it refuses the daemon does without. systemd and strace are the judges.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { samplePackets } from '../support/recorded-session.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TestPhone } from '../support/test-phone.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

const path = join(repositoryRoot, 'examples/systemd/camrec.service');

/** The values of a setting, one for each line that has it. */
function settings(name: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith(`${name}=`) ? line.slice(name.length + 1) : []));
}

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it('refuses system calls with an error, and never by killing', () => {
  expect(settings('SystemCallErrorNumber')).toEqual(['EPERM']);
});

/** The system calls of a group such as `@process`, and of those within it. */
function callsOf(group: string): string[] {
  if (!group.startsWith('@')) return [group];
  const text = execFileSync('systemd-analyze', ['syscall-filter', group], { encoding: 'utf8' });
  const members = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  return members
    .filter((name) => name !== '' && !name.startsWith('#'))
    .flatMap((name) => callsOf(name));
}

/** What the unit's filter lets through. */
function allowedCalls(): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const filter of settings('SystemCallFilter')) {
    for (const group of filter.replace('~', '').split(' ')) {
      for (const call of callsOf(group)) {
        if (filter.startsWith('~')) allowed.delete(call);
        else allowed.add(call);
      }
    }
  }
  return allowed;
}

/** The system calls of a daemon that records a session and makes its thumbnail, and of its ffmpeg. */
async function callsOfDaemon(): Promise<string[]> {
  const summary = join(await temporaryDirectory(), 'calls');
  // -D: the daemon is our own child, and strace its grandchild.
  const strace = ['strace', '-D', '-f', '-qq', '-c', '-U', 'name', '-o', summary];
  const serve = await ServeProcess.start([], undefined, {}, strace);
  try {
    const phone = await TestPhone.connect(serve.url);
    phone.status('capture_started');
    for (const [index, { payload }] of samplePackets(20).entries()) {
      phone.packet(payload, index * 100);
    }
    await phone.settled();
    phone.status('capture_stopped');
    await serve.line('session.finished');
    serve.signal('SIGTERM');
    await serve.exited;
    const table = await vi.waitFor(async () => {
      const text = await readFile(summary, 'utf8');
      expect(text).toMatch(/^total$/m);
      return text;
    }, 10_000);
    return table
      .split('\n')
      .filter((line) => /^\w+$/.test(line) && !/^(syscall|total)$/.test(line));
  } finally {
    await serve.remove();
  }
}

const canJudge =
  works('systemd-analyze', 'syscall-filter', '@resources') && works('strace', '-c', 'true');

describe.skipIf(!canJudge || ffmpeg === undefined)(
  'the unit (needs strace and systemd-analyze) (needs ffmpeg)',
  () => {
    it('is one that systemd understands', () => {
      expect(works('systemd-analyze', 'verify', '--man=no', path)).toBe(true);
    });

    it('lets the daemon and its ffmpeg call all that they call', async () => {
      const called = await callsOfDaemon();
      expect(called).toEqual(expect.arrayContaining(['setpriority', 'execve', 'fdatasync']));
      const allowed = allowedCalls();
      expect(called.filter((call) => !allowed.has(call))).toEqual([]);
    });
  },
);
