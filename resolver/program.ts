import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { helpText, parseResolverOptions } from './command-line';
import { resolverVerb } from './verb';

/**
 * Runs the command line of the resolver's own program until `signal` aborts. Returns the exit code.
 * Never throws.
 */
export async function runProgram(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [out, err] = [openOutput(1), openOutput(2)];
  try {
    const options = parseResolverOptions(argv);
    if (options === 'help') out.write(helpText());
    else await resolverVerb({ ...options, env: process.env, out: out.write }, signal);
  } catch (thrown) {
    err.write(`error: ${messageOf(thrown)}\n`);
    return 1;
  }
  return (await out.reason()) ? 1 : 0;
}
