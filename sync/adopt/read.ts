import { normaliseIp } from '#core/addresses/targets';
import type { HeldEntity } from '#deck/document';
import { dnsCodeOf, type Resolver } from '#discovery/providers/resolver';
import type { SeenScope } from '#discovery/seen/model';
import { concurrently } from '#io/concurrently';
import { type Findings, type FindingsInput, findAdoptable, namesToResolve } from './findings';
import type { Resolved } from './leads/endpoint-index';

export type AdoptSources = Omit<FindingsInput, 'held' | 'scopes' | 'resolved'> & {
  /** Reads all entities of the control plane. Throws PrivatelinkError. */
  readonly readHeld: (signal: AbortSignal) => Promise<readonly HeldEntity[]>;
  /** Rejects only with the signal's reason. */
  readonly readScopes: (signal: AbortSignal) => Promise<readonly SeenScope[]>;
  readonly resolver: Resolver;
  /** Hosts that the control plane does not hold any more. */
  readonly alsoResolved?: readonly string[];
};

/** The findings, and the data behind them. */
export type FoundToAdopt = Findings & Pick<FindingsInput, 'held' | 'scopes' | 'resolved'>;

/** Names that are resolved at once. */
const resolvedAtOnce = 16;

/**
 * Reads a control plane, AWS and DNS, and finds adoptable services. Writes nothing. Throws
 * PrivatelinkError when the control plane cannot be read.
 */
export async function readAdoptable(
  { readHeld, readScopes, resolver, alsoResolved = [], ...input }: AdoptSources,
  signal: AbortSignal,
): Promise<FoundToAdopt> {
  const [held, scopes] = await Promise.all([readHeld(signal), readScopes(signal)]);
  const names = namesToResolve({ held, scopes, alsoResolved });
  const answers = await concurrently(names, { limit: resolvedAtOnce, signal }, (name, own) =>
    resolveName(name, resolver, own),
  );
  const resolved = new Map(names.map((name, index) => [name, answers[index] ?? []]));
  return { ...findAdoptable({ ...input, held, scopes, resolved }), held, scopes, resolved };
}

/** Resolves a name as Kong does: IPv4 first, and IPv6 only when the name has no IPv4. */
async function resolveName(name: string, resolver: Resolver, signal: AbortSignal): Promise<Resolved> {
  try {
    const v4 = await resolver.resolve4(name, signal);
    const found = v4.length > 0 ? v4 : await resolver.resolve6(name, signal);
    return found.map(({ address }) => normaliseIp(address));
  } catch (thrown) {
    signal.throwIfAborted();
    return {
      reason: `DNS does not answer (${dnsCodeOf(thrown)})`,
      fix: 'check the name and the name server, then run the command again',
    };
  }
}
