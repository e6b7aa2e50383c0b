// What the operating system says of a process and its children: CPU time, and resident memory. proc(5). Linux only.
import { readdirSync, readFileSync } from 'node:fs';

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

/** A process and all that it has started and that still run, at any remove. */
function family(pid) {
  const members = [];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
      members.push(...children.split(' ').filter(Boolean).map(Number));
    }
  } catch {
    // It, or a thread of it, has ended meanwhile.
  }
  return [pid, ...members.flatMap(family)];
}

/** The sum of what is read of each, without those that end meanwhile. */
function sum(pids, read) {
  return pids.reduce((total, pid) => {
    try {
      return total + read(pid);
    } catch {
      return total;
    }
  }, 0);
}

/** Seconds of CPU that a process and its children have used so far, whether those have ended or still run. */
export function cpuSeconds(pid) {
  return sum(family(pid), (member) => {
    const { own, ended } = readTimes(member);
    return own + ended;
  });
}

/** Seconds of CPU that the ended children of this process have used so far. */
export function endedChildrenCpuSeconds() {
  return readTimes('self').ended;
}

/** Resident memory of a process and its children that still run, in bytes: now, and the most so far of each. */
export function residentBytes(pid) {
  const members = family(pid);
  const field = (name) =>
    sum(members, (member) => {
      const status = readFileSync(`/proc/${member}/status`, 'latin1');
      // One that is ending has none any more.
      return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
    });
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
