/**
 * The completion script for bash: plain, for bash 3.2 (macOS) as well, and without the bash-completion package.
 */
import { type CommandSpec, nextWords, topics } from './command-spec.js';

/** In double quotes nothing of these words can be special: they are flags, commands and choices of ours. */
const quoted = (words: Iterable<string>) => `"${[...words].join(' ')}"`;

/** The whole script, for `bin` as it is typed; it completes commands, flags and the values that flags allow. */
export function bashCompletion(bin: string, specs: readonly CommandSpec[]): string {
  const leading = topics(specs);
  const known = [...leading, ...specs.map(({ words }) => words)];
  return `# bash completion for ${bin}: source <(${bin} completion bash)
_${bin}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" word words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${command:+$command }\${COMP_WORDS[i]}"
    case "$word" in
      ${known.map((words) => `"${words}"`).join(' | ')}) command="$word" ;;
    esac
  done
  case "$command" in
    "") words=${quoted([...nextWords(specs, '').keys(), '--help', '--version'])} ;;
${leading.map((topic) => `    "${topic}") words=${quoted([...nextWords(specs, topic).keys(), '--help'])} ;;`).join('\n')}
${specs.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _${bin} ${bin}
`;
}

function commandCase({ words, flags, argument, argumentChoices }: CommandSpec): string {
  const lines = [`    "${words}")`];
  const withValue = flags.filter(({ takes }) => takes !== 'nothing');
  if (withValue.length > 0) {
    lines.push('      case "$prev" in');
    for (const { name, takes, choices } of withValue) {
      if (takes === 'choice') {
        lines.push(
          `        ${name}) COMPREPLY=($(compgen -W ${quoted(choices)} -- "$cur")); return ;;`,
        );
      }
    }
    const files = withValue.filter(({ takes }) => takes === 'file').map(({ name }) => name);
    // No reply: bash goes on with file names.
    if (files.length > 0) lines.push(`        ${files.join(' | ')}) return ;;`);
    const texts = withValue.filter(({ takes }) => takes === 'text').map(({ name }) => name);
    if (texts.length > 0) {
      lines.push(`        ${texts.join(' | ')}) compopt +o default 2>/dev/null; return ;;`);
    }
    lines.push('      esac');
  }
  const names = flags.map(({ name }) => name);
  // Where files are meant, flags are offered only to who has begun one.
  if (argument === 'file') lines.push('      if [[ "$cur" != -* ]]; then return; fi');
  lines.push(`      words=${quoted([...argumentChoices, ...names])} ;;`);
  return lines.join('\n');
}
