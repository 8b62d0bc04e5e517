import { createOutput } from '#io/output';
import { main } from '#sync/cli/main';

export type CliResult = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Runs the command line in this process, as if its output went to a pipe. */
export async function runCli(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  let out = '';
  let err = '';
  const terminal = {
    env,
    out: createOutput((text, done) => {
      out += text;
      done();
    }).write,
    err: createOutput((text, done) => {
      err += text;
      done();
    }).write,
    isTerminal: false,
  };
  const exitCode = await main(argv, { terminal, signal: new AbortController().signal });
  return { exitCode, out, err };
}
