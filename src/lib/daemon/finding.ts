/** What `camrec doctor` finds. */

export type FindingState =
  | 'ok'
  /** Recording works, something beside it does not. */
  | 'warning'
  /** Recording does not work, or not as it should. */
  | 'failed';

export interface Finding {
  readonly name: 'node' | 'ffmpeg' | 'port' | 'admin' | 'directory' | 'disk' | 'clock';
  readonly state: FindingState;
  /** What was found, as a sentence. */
  readonly detail: string;
  /** What to do about it, or null. */
  readonly advice: string | null;
}

/** All is well. */
export function ok(name: Finding['name'], detail: string): Finding {
  return { name, state: 'ok', detail, advice: null };
}

/** Recording works, but not as well as it could. */
export function warning(name: Finding['name'], detail: string, advice: string): Finding {
  return { name, state: 'warning', detail, advice };
}

/** Recording does not work. `advice`: what to do next, null where `detail` says it. */
export function failed(name: Finding['name'], detail: string, advice: string | null): Finding {
  return { name, state: 'failed', detail, advice };
}
