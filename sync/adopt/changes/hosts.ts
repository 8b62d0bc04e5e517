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

/** The Host header and TLS server name that the provider would get, and what differs from today's. */
export type Hosting = {
  /** For the tag; absent: the name of the domain's upstream. */
  readonly host?: string;
  readonly differences: readonly Difference[];
  readonly findings: readonly string[];
};

type HostInput = ServiceParts & {
  readonly domain: string;
  readonly protocol: Protocol;
  /** A name that AWS gives the endpoint, for where the provider never sees one. */
  readonly fallback?: string;
};

/**
 * What Kong sends today: the client's own Host where each route preserves it, else the upstream's `host_header`, else the name or address
 * of the target or of the service (kong/runloop/balancer). Gives why no tag can say the same.
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
  // An upstream of people's gets a host_header only where a tag names one.
  if (name === undefined && upstream) return { differences: [], findings: [] };
  if (seen.length === 1 && seen[0] !== undefined && !seen[0].includes(':'))
    return { host: seen[0], differences: [], findings: name === undefined ? [stale(seen[0])] : [] };
  const after = name ?? upstreamName(domain);
  return { host: name, differences: [severalHosts(input, seen, after)], findings: [] };
}

/** Of several the one that most requests carry; each is there once. */
function sorted(hosts: readonly string[]): readonly string[] {
  return [...groupBy(hosts, (one) => one)]
    .toSorted(([a, some], [b, others]) => others.length - some.length || compareText(a, b))
    .map(([host]) => host);
}

function unlessPort(host: string, whose: string): Hosting | Problem {
  if (!/:\d+$/.test(host)) return { host: host.toLowerCase(), differences: [], findings: [] };
  return {
    reason: `host_header ${host} of ${whose} has a port, which a tag cannot say`,
    fix: 'take the port off where the provider does without it: Kong appends that of the target itself',
  };
}

function whyNameless({ upstream, service }: HostInput): Problem {
  const whose = upstream ? `upstream ${upstream.key} has no host_header` : `service ${service.key} is on an address`;
  return {
    reason: `${whose}: the provider gets no name in TLS today, and a tag must say one`,
    fix: "set host_header to the name in the provider's certificate first, and look that requests still go well",
  };
}

function stale(host: string): string {
  return `the provider sees Host ${host}, an address, and goes on to see it after the address is gone`;
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
