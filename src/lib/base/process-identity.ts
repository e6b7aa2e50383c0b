/**
 * Which process this is, told apart from any other on this machine, now or after a restart: process ids are reused.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemErrorCode } from './errors.js';

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with every boot; empty where the system does not tell. */
  readonly bootId: string;
  /** When the process began, in the system's own unit; empty where the system does not tell. */
  readonly processStart: string;
  /**
   * Where the process id counts (pid_namespaces(7)): containers of one host name each begin at 1. Empty where the
   * system does not tell, missing in what an earlier version wrote.
   */
  readonly pidNamespace?: string | undefined;
}

export type ProcessLife =
  | 'alive'
  | 'dead'
  /** It runs, or ran, on another machine or in another container: not to be told from here. */
  | 'elsewhere';

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Fields of /proc/<pid>/stat from the third on (proc(5)); the command name before them may hold spaces and parentheses. */
function statFields(pid: number | 'self'): string[] {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Field 22. */
function processStart(pid: number): string {
  return statFields(pid)[19] ?? '';
}

/**
 * Whether this process is a job in the background of its terminal: the system stops one that reads there (SIGTTIN).
 * False where the system does not tell.
 */
export function isInBackground(): boolean {
  const [, , group, , , foregroundGroup] = statFields('self');
  return foregroundGroup !== undefined && foregroundGroup !== '-1' && group !== foregroundGroup;
}

/** Such as `pid:[4026531836]`; a number is given again only when nobody is left in the namespace. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id');
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    processStart: processStart(process.pid),
    pidNamespace: pidNamespace(),
  };
  return own;
}

/** It never changes, and every manifest asks for it. */
let own: ProcessIdentity | undefined;

/** Whether the process of an identity that was written down earlier still runs. */
export function processLife(identity: ProcessIdentity): ProcessLife {
  if (identity.host !== hostname()) return 'elsewhere';
  if (identity.bootId !== bootId()) return 'dead';
  if (!countsHere(identity)) return 'elsewhere';
  if (!isRunning(identity.pid)) return 'dead';
  return processStart(identity.pid) === identity.processStart ? 'alive' : 'dead';
}

/** Whether a process of this number runs here, be it the one that is meant or another that got its number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there and belongs to somebody else.
    if (systemErrorCode(error) !== 'EPERM') return false;
  }
  // One that has ended stays until its parent asks after it, which the first of a container may never do. While a thread
  // is left it may still write.
  const fields = statFields(pid);
  return fields[0] !== 'Z' || fields[17] !== '1';
}

/** Whether the process id is one of this process's namespace; taken for one where nothing was written down. */
function countsHere({ pidNamespace: written }: ProcessIdentity): boolean {
  return written === undefined || written === '' || written === thisProcess().pidNamespace;
}

/** Whether two identities are those of one process. */
export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.pid === other.pid &&
    one.host === other.host &&
    one.bootId === other.bootId &&
    one.processStart === other.processStart &&
    one.pidNamespace === other.pidNamespace
  );
}
