import type { ResolverOptions } from '#resolver/options';
import { resolverVerb } from '#resolver/verb';
import { exitCodes } from '../exit-codes';
import type { Configured, Verb } from '../verb';

/** Runs the resolver in this process until it is stopped, or checks a running resolver. */
export const runResolverVerb: Verb<Configured & ResolverOptions> = async ({ terminal, ...options }, signal) => {
  await resolverVerb({ ...options, env: process.env, out: terminal.out }, signal);
  return exitCodes.done;
};
