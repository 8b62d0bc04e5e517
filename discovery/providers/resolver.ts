import { Resolver as NodeResolver } from 'node:dns/promises';
import { codeOf, messageOf } from '#core/errors';
import { withinDeadline } from '#io/signals';

export type AddressRecord = { readonly address: string; readonly ttlSeconds: number };

/** Node does not tell the time to live of SRV records. */
export type SrvRecord = {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
};

/**
 * Asks DNS. Returns no record when DNS says that there is none. Rejects with Node's `code` when DNS
 * does not answer.
 */
export type Resolver = {
  resolve4(name: string, signal: AbortSignal): Promise<readonly AddressRecord[]>;
  resolve6(name: string, signal: AbortSignal): Promise<readonly AddressRecord[]>;
  resolveSrv(name: string, signal: AbortSignal): Promise<readonly SrvRecord[]>;
};

/** As long as an AWS call may take. */
const timeoutMs = 10_000;

/** Asks `servers` (`ip:port`), or those of the system. It never reads the hosts file. */
export function createResolver(servers?: readonly string[]): Resolver {
  const ask = <T>(signal: AbortSignal, query: (resolver: NodeResolver) => Promise<readonly T[]>) =>
    resolveOnce(open(servers), query, signal);
  return {
    resolve4: (name, signal) =>
      ask(signal, async (resolver) => (await resolver.resolve4(name, { ttl: true })).map(recordOf)),
    resolve6: (name, signal) =>
      ask(signal, async (resolver) => (await resolver.resolve6(name, { ttl: true })).map(recordOf)),
    resolveSrv: (name, signal) => ask(signal, (resolver) => resolver.resolveSrv(name)),
  };
}

/** One resolver for each question, because cancelling ends all questions of a resolver. */
function open(servers: readonly string[] | undefined): NodeResolver {
  const resolver = new NodeResolver({ timeout: 2_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  return resolver;
}

async function resolveOnce<T>(
  resolver: NodeResolver,
  query: (resolver: NodeResolver) => Promise<readonly T[]>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  try {
    return await withinDeadline(() => query(resolver), { signal, timeoutMs, asked: 'DNS' });
  } catch (thrown) {
    if (isNegative(thrown)) return [];
    throw thrown;
  } finally {
    resolver.cancel();
  }
}

function recordOf({ address, ttl }: { readonly address: string; readonly ttl: number }): AddressRecord {
  return { address, ttlSeconds: ttl };
}

/** NXDOMAIN and NODATA, in Node's words. */
function isNegative(thrown: unknown): boolean {
  const code = dnsCodeOf(thrown);
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** Node's code of a resolver's error (`ESERVFAIL`, `ETIMEOUT`), else its message. */
export function dnsCodeOf(thrown: unknown): string {
  return codeOf(thrown) ?? messageOf(thrown);
}
