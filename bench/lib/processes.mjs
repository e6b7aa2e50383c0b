// What the operating system says of a process: CPU time with the children it has waited for, and resident memory.
// proc(5). Linux only.
import { readFileSync } from 'node:fs';

/** Clock ticks per second of /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU so far, user and system: of a process itself, and of those children that have ended. */
function readTimes(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command name, in brackets, may hold spaces: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { own: (utime + stime) / TICKS_PER_SECOND, ended: (cutime + cstime) / TICKS_PER_SECOND };
}

/** Seconds of CPU that a process and its ended children have used so far. */
export function cpuSeconds(pid) {
  const { own, ended } = readTimes(pid);
  return own + ended;
}

/** Seconds of CPU that the ended children of this process have used so far. */
export function endedChildrenCpuSeconds() {
  return readTimes('self').ended;
}

/** Resident memory of a process in bytes: now, and the most so far. */
export function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { now: field('VmRSS'), most: field('VmHWM') };
}

/** Waits until a process that has just started has come to rest, so that its start is not measured. */
export async function atRest(pid) {
  for (let before = -1, quiet = 0; quiet < 3; ) {
    const now = cpuSeconds(pid);
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
