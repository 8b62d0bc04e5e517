import { type BlackHole, startBlackHole } from '#sandbox/network/black-hole';
import { type Loopback, openLoopback } from '#sandbox/network/loopback';
import { type Provider, startProvider } from '#sandbox/network/providers';

/**
 * Addresses of a domain: of its first endpoint, of its replacement, and of its second one. Each has
 * one address in Kong's own zone, then one in another.
 */
export type Addresses = {
  readonly first: readonly string[];
  readonly replaced: readonly string[];
  readonly second: readonly string[];
};

/** Providers of several domains, on one port. */
export type Addressed = {
  readonly port: number;
  readonly of: (domain: string) => Addresses;
  /** Where requests for `path` arrived, by domain, the newest last. */
  readonly arrivals: (domain: string) => readonly string[];
  /** From now on these swallow what is sent to them, as deleted network interfaces do. */
  readonly swallow: (addresses: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Starts a provider at each address of each domain. Only requests for `path` count as arrivals, not
 * Kong's own checks.
 */
export async function startAddresses(domains: readonly string[], path: string): Promise<Addressed> {
  const loopback = await openLoopback();
  const addresses = new Map(domains.map((domain) => [domain, allotTo(loopback)]));
  const arrivals = new Map<string, string[]>(domains.map((domain) => [domain, []]));
  const holders = new Map<string, Provider | BlackHole>();
  let port = 0;
  for (const [domain, { first, replaced, second }] of addresses) {
    for (const address of [...first, ...replaced, ...second]) {
      const handle = async (request: { readonly path: string }) => {
        if (request.path === path) arrivals.get(domain)?.push(address);
        return { body: { address } };
      };
      const provider: Provider = await startProvider({ addresses: [address], port, handle });
      port = provider.port;
      holders.set(address, provider);
    }
  }
  return {
    port,
    of: (domain) => addresses.get(domain) ?? { first: [], replaced: [], second: [] },
    arrivals: (domain) => arrivals.get(domain) ?? [],
    swallow: async (those) => {
      for (const address of those) {
        await holders.get(address)?.close();
        holders.set(address, await startBlackHole(address, port));
      }
    },
    close: async () => {
      for (const holder of holders.values()) await holder.close();
    },
  };
}

function allotTo({ allot }: Loopback): Addresses {
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = allot(6);
  return { first: [a, b], replaced: [c, d], second: [e, f] };
}
