/**
 * What tables have in common.
 */

export interface Column {
  readonly head: string;
  /** Numbers stand right. */
  readonly align?: 'left' | 'right';
}
