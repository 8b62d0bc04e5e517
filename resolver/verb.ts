import { checkRunning } from './check';
import type { ResolverOptions } from './options';
import { runResolver } from './run';

export type ResolverVerbOptions = ResolverOptions & {
  readonly env: NodeJS.ProcessEnv;
  /** Standard output. */
  readonly out: (text: string) => void;
};

/** Runs the resolver until `signal` aborts, or checks a running one. Throws PrivatelinkError. */
export async function resolverVerb({ out, ...options }: ResolverVerbOptions, signal: AbortSignal): Promise<void> {
  const { check, json } = options;
  if (check) {
    const checked = await checkRunning(options);
    out(json ? `${JSON.stringify(checked)}\n` : `the resolver at ${checked.address} answers for ${checked.suffix}\n`);
    return;
  }
  const onListening = (listening: object) => {
    if (json) out(`${JSON.stringify(listening)}\n`);
  };
  await runResolver({ ...options, onListening }, signal);
}
