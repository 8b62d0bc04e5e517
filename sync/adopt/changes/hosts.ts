import { parseIp } from '#core/addresses/parse';
import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import type { Protocol } from '#core/model';
import { upstreamName } from '#core/names';
import { factsOf } from '#core/protocols';
import { nameOf } from '#deck/document';
import type { Difference } from '../adoptable';
import { fieldText, type ServiceParts } from '../parts';

/** The Host header and TLS server name for the provider, and the differences from today. */
export type Hosting = {
  /** Value for the tag; absent: the provider gets the name of the domain's upstream. */
  readonly host?: string;
  readonly differences: readonly Difference[];
  readonly findings: readonly string[];
};

type HostInput = ServiceParts & {
  readonly domain: string;
  readonly protocol: Protocol;
  /** A DNS name of the endpoint, for a provider that sees no name today. */
  readonly fallback?: string;
};

/**
 * Returns the Host that Kong sends today: the client's own Host where each route preserves it,
 * otherwise the upstream's `host_header`, otherwise the name or address of the target or of the
 * service (kong/runloop/balancer). Returns a problem when no tag can produce the same Host.
 */
export function hostingOf(input: HostInput): Hosting | Problem {
  const { upstream, places, protocol, domain, fallback } = input;
  const { isTls } = factsOf(protocol);
  const written = fieldText(upstream?.fields.host_header);
  if (written) return unlessPort(written, `upstream ${upstream?.key}`);
  const seen = sorted(places.map(({ host }) => host.toLowerCase()));
  const names = seen.filter((one) => parseIp(one) === undefined);
  const isSeen = input.routes.length === 0 || input.routes.some(({ fields }) => fields.preserve_host !== true);
  if (!isSeen) return { host: names[0] ?? (isTls ? fallback : undefined), differences: [], findings: [] };
  const [name] = names;
  if (name === undefined && isTls) return whyNameless(input);
  // People's own upstream gets a host_header only where a tag names one.
  if (name === undefined && upstream) return { differences: [], findings: [] };
  if (seen.length === 1 && seen[0] !== undefined && !seen[0].includes(':'))
    return { host: seen[0], differences: [], findings: name === undefined ? [stale(seen[0])] : [] };
  const after = name ?? upstreamName(domain);
  return { host: name, differences: [severalHosts(input, seen, after)], findings: [] };
}

/** Returns each host once, the most frequent first. */
function sorted(hosts: readonly string[]): readonly string[] {
  return [...groupBy(hosts, (one) => one)]
    .toSorted(([a, some], [b, others]) => others.length - some.length || compareText(a, b))
    .map(([host]) => host);
}

function unlessPort(host: string, whose: string): Hosting | Problem {
  if (!/:\d+$/.test(host)) return { host: host.toLowerCase(), differences: [], findings: [] };
  return {
    reason: `host_header ${host} of ${whose} has a port, but a tag cannot hold a port`,
    fix: 'remove the port if the provider accepts that: Kong appends the port of the target',
  };
}

function whyNameless({ upstream, service }: HostInput): Problem {
  const whose = upstream ? `upstream ${upstream.key} has no host_header` : `service ${service.key} is on an address`;
  return {
    reason: `${whose}: the provider gets no TLS server name today, but a tag must hold one`,
    fix: "first set host_header to the name in the provider's certificate, and check that requests still succeed",
  };
}

function stale(host: string): string {
  return `the provider sees the address ${host} as Host, even after the address is gone`;
}

function severalHosts({ upstream, service }: HostInput, seen: readonly string[], after: string): Difference {
  return {
    entity: nameOf(upstream ?? service),
    field: 'host_header',
    before: null,
    after,
    why: `each request carries the host of its own target today: ${seen.join(', ')}`,
  };
}
