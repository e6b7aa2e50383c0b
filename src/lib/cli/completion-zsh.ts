/**
 * The completion script for zsh.
 */
import { type CommandSpec, type FlagSpec, nextWords, topics } from './command-spec.js';

/** In single quotes only the quote itself is special to the shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Brackets and colons delimit the parts of a specification. */
const plainText = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');

/** The whole script, for `bin` as it is typed; it completes commands, flags and the values that flags allow. */
export function zshCompletion(bin: string, specs: readonly CommandSpec[]): string {
  const leading = topics(specs);
  const known = [...leading, ...specs.map(({ words }) => words)];
  return `#compdef ${bin}
# zsh completion for ${bin}: ${bin} completion zsh > "\${fpath[1]}/_${bin}"
_${bin}() {
  local command="" word
  integer i depth=0
  for ((i = 2; i < CURRENT; i++)); do
    word="\${command:+$command }\${words[i]}"
    case "$word" in
      (${known.map(quote).join('|')}) command="$word"; depth=$((i - 1)) ;;
    esac
  done
  shift depth words
  ((CURRENT -= depth))
  local -a next
  case "$command" in
${['', ...leading].map((topic) => topicCase(specs, topic)).join('\n')}
${specs.map(commandCase).join('\n')}
  esac
}
if [[ "$funcstack[1]" = "_${bin}" ]]; then _${bin} "$@"; else compdef _${bin} ${bin}; fi
`;
}

function topicCase(specs: readonly CommandSpec[], topic: string): string {
  const words = [...nextWords(specs, topic)].map(([word, summary]) =>
    quote(summary === '' ? word : `${word}:${plainText(summary)}`),
  );
  return `    (${quote(topic)}) next=(${words.join(' ')}); _describe command next ;;`;
}

function commandCase({ words, flags, argument, argumentChoices }: CommandSpec): string {
  const specs = flags.map(flagSpecification);
  if (argument === 'file') specs.push(quote('*:file:_files'));
  else if (argument === 'choice') specs.push(quote(`*:choice:(${argumentChoices.join(' ')})`));
  else if (argument === 'text') specs.push(quote('*:id: '));
  return `    (${quote(words)}) _arguments ${specs.join(' ')} ;;`;
}

function flagSpecification({ name, description, takes, choices, repeatable }: FlagSpec): string {
  const many = repeatable ? '*' : '';
  const text = `[${plainText(description)}]`;
  if (takes === 'nothing') return quote(`${many}${name}${text}`);
  const action = takes === 'choice' ? `(${choices.join(' ')})` : takes === 'file' ? '_files' : ' ';
  return quote(`${many}${name}=${text}:${name.slice(2)}:${action}`);
}
