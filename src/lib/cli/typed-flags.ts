/** The words among which flags may be: what follows `--` is arguments, whatever it looks like. */
export function typedFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
