/**
 * Processes in a PID namespace of their own, as a second container has it, with the host name and the boot of this one.
 */
import { execFileSync } from 'node:child_process';

const WITHIN: readonly [string, ...string[]] = [
  'unshare',
  '--pid',
  '--mount-proc',
  '--fork',
  '--kill-child',
];

/** What goes before a command that runs in one; nothing where this user may not make one. */
export const inOwnPidNamespace = (() => {
  const [program, ...args] = WITHIN;
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' });
    return WITHIN;
  } catch {
    return undefined;
  }
})();
