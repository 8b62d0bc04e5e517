import { createOutput } from '#io/output';
import { main } from '#sync/cli/main';
import { outputs } from '#sync/cli/shapes/outputs';

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
  for (const misfit of argv.includes('--json') ? misfitsOf(argv, out) : []) throw new Error(misfit);
  return { exitCode, out, err };
}

/** What docs/reference/outputs.md does not say of this output, or says otherwise. */
export function misfitsOf(argv: readonly string[], out: string): readonly string[] {
  const verb = argv.find((word) => word in outputs);
  // The schema of the configuration is told elsewhere.
  if (verb === 'schema' && argv.includes('--config')) return [];
  const told = Object.entries(outputs).filter(([name]) => name.split(' ')[0] === verb || name === failing);
  return out
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const value: unknown = JSON.parse(line);
      const results = told.map(([name, shape]) => ({ name, error: shape.safeParse(value).error }));
      if (results.some(({ error }) => !error)) return [];
      return results.map(({ name, error }) => `no output of ${name}: ${error?.message}`).join('\n');
    });
}

const failing = 'any verb that fails';
