/**
 * Runs a command's source in this process and keeps what it writes, without the shell's and oclif's start-up.
 */
import type { Command } from '@oclif/core/command';
import { repositoryRoot } from '../support/tools.js';

export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Of a run with `--json`. */
  readonly json: unknown;
}

type Runnable = { run(argv: string[], options: { root: string }): Promise<unknown> } & Pick<
  typeof Command,
  'id'
>;

/** `words` is what is typed after `camrec`: it becomes the command's id. Variables of `env` hold during the run. */
export async function runCommand(
  command: Runnable,
  words: string,
  argv: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandRun> {
  const written = { stdout: '', stderr: '' };
  const restore = [
    capture(process.stdout, (text) => (written.stdout += text)),
    capture(process.stderr, (text) => (written.stderr += text)),
    setVariables(env),
  ];
  command.id = words.replaceAll(' ', ':');
  try {
    await command.run(argv, { root: repositoryRoot });
  } finally {
    for (const undo of restore) undo();
  }
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return {
    ...written,
    exitCode,
    json: argv.includes('--json') ? JSON.parse(written.stdout) : undefined,
  };
}

function capture(stream: NodeJS.WriteStream, keep: (text: string) => void): () => void {
  const write = stream.write;
  stream.write = (chunk: Uint8Array | string) => {
    keep(String(chunk));
    return true;
  };
  return () => {
    stream.write = write;
  };
}

function setVariables(env: NodeJS.ProcessEnv): () => void {
  const before = Object.keys(env).map((name): [string, string | undefined] => [
    name,
    process.env[name],
  ]);
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
