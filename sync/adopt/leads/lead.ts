import { parseIp, withoutBrackets } from '#core/addresses/parse';
import { normaliseIp } from '#core/addresses/targets';
import { isProblem, type Problem } from '#core/errors';
import type { SeenAddress, SeenEndpoint } from '#discovery/seen/model';
import { type EndpointIndex, endpointsNamed, spellName } from './endpoint-index';

/**
 * The destination of a host: one endpoint, PrivateLink without a certain endpoint, or elsewhere.
 */
export type Lead =
  | {
      readonly to: 'endpoint';
      readonly endpoint: SeenEndpoint;
      /**
       * Reached addresses of the endpoint; empty: the endpoint has no interface in the name's zone.
       */
      readonly ips: readonly string[];
      /** Whether the host is a name, which DNS resolves. */
      readonly isNameTarget: boolean;
      /** The zone of a zonal name. */
      readonly zoneName?: string;
    }
  | { readonly to: 'unclear'; readonly problem: Problem; readonly endpoints: readonly SeenEndpoint[] }
  | { readonly to: 'elsewhere'; readonly problem?: Problem };

/** Returns the destination of `host`, a name or an address of a service or a target. */
export function leadOf(host: string, index: EndpointIndex): Lead {
  const ip = parseIp(withoutBrackets(host));
  if (ip !== undefined) return leadOfIp(ip, index);
  const name = spellName(host);
  return leadOfVpceName(name, index) ?? leadOfKnownName(name, index) ?? leadOfResolved(name, index);
}

/** Whether only DNS can tell the destination of a host. */
export function isToResolve(host: string, index: EndpointIndex): boolean {
  if (parseIp(withoutBrackets(host)) !== undefined || !host.includes('.')) return false;
  const name = spellName(host);
  return !leadOfVpceName(name, index) && !leadOfKnownName(name, index);
}

/** AWS's own names for endpoints of services and of resources. */
const ofAws = /\.vpce\.amazonaws\.com(\.cn)?$|\.on\.aws$/;
const endpointLabel = /^(vpce-[0-9a-f]+)(?:-([a-z0-9-]+))?$/;
/** `us-east-1a`, `us-west-2-lax-1a`. */
const zoneAtEnd = /(?:^|-)([a-z]{2,4}(?:-[a-z]+)+-\d+(?:-[a-z]{3}-\d+)?[a-z])$/;

/**
 * Reads `vpce-<id>[-<suffix>][-<zone>].<service>.<region>.vpce.amazonaws.com`. A bucket, or a star,
 * may stand in front.
 */
function leadOfVpceName(name: string, index: EndpointIndex): Lead | undefined {
  if (!ofAws.test(name)) return undefined;
  const found = name
    .split('.')
    .map((label) => endpointLabel.exec(label))
    .find((one) => one !== null);
  if (!found) return undefined;
  const [, id = '', rest = ''] = found;
  const endpoint = index.byId.get(id);
  if (!endpoint) return unclear(notSeen(id, index), []);
  const zoneName = zoneAtEnd.exec(rest)?.[1];
  return toEndpoint(endpoint, reachedBy(endpoint, zoneName), { isNameTarget: true, zoneName });
}

function leadOfKnownName(name: string, index: EndpointIndex): Lead | undefined {
  const endpoints = endpointsNamed(name, index);
  const [endpoint] = endpoints;
  if (!endpoint) return undefined;
  if (endpoints.length > 1) return unclear(ambiguous(`name ${name}`, endpoints), endpoints);
  return toEndpoint(endpoint, reachedBy(endpoint), { isNameTarget: true });
}

/** Returns the destination of people's own name, for example an alias in a private zone. */
function leadOfResolved(name: string, index: EndpointIndex): Lead {
  const resolved = index.resolved.get(name) ?? [];
  if (isProblem(resolved)) return { to: 'elsewhere', problem: resolved };
  const leads = resolved.map((one) => leadOfIp(parseIp(one) ?? one, index));
  const found = leads.flatMap((lead) => (lead.to === 'endpoint' ? [lead] : []));
  const doubtful = leads.find((lead) => lead.to === 'unclear');
  const [first] = found;
  if (doubtful) return doubtful;
  if (!first) return { to: 'elsewhere' };
  const endpoints = [...new Set(found.map(({ endpoint }) => endpoint))];
  if (endpoints.length > 1) return unclear(ambiguous(`name ${name}`, endpoints), endpoints);
  if (found.length < leads.length) return unclear(partlyElsewhere(name, first.endpoint), endpoints);
  return toEndpoint(
    first.endpoint,
    found.flatMap(({ ips }) => ips),
    { isNameTarget: true },
  );
}

function leadOfIp(ip: string, index: EndpointIndex): Lead {
  const endpoints = index.byIp.get(ip) ?? [];
  const [endpoint] = endpoints;
  if (!endpoint) return { to: 'elsewhere' };
  if (endpoints.length > 1) return unclear(ambiguous(`address ${ip}`, endpoints), endpoints);
  const [unread] = index.unknown;
  if (unread) {
    const reason = `address ${ip} belongs to ${endpoint.id}, but scope ${unread.scope.id} cannot be read and may have an endpoint with this address`;
    return unclear(
      {
        reason,
        fix: `make the scope readable (${unread.reason}), or write the endpoint's DNS name in place of the address`,
      },
      endpoints,
    );
  }
  return toEndpoint(endpoint, [ip], { isNameTarget: false });
}

/** Returns the addresses that Kong reaches: IPv4, and IPv6 only when the endpoint has no IPv4. */
function reachedBy({ addresses }: SeenEndpoint, zoneName?: string): readonly string[] {
  const inZone = addresses.filter((one) => zoneName === undefined || one.zoneName === zoneName);
  const v4 = inZone.filter(isIpv4);
  return (v4.length > 0 ? v4 : inZone).map(({ ip }) => normaliseIp(ip));
}

function isIpv4({ ip }: SeenAddress): boolean {
  return !ip.includes(':');
}

type How = { readonly isNameTarget: boolean; readonly zoneName?: string };

function toEndpoint(endpoint: SeenEndpoint, ips: readonly string[], how: How): Lead {
  return { to: 'endpoint', endpoint, ips, ...how };
}

function unclear(problem: Problem, endpoints: readonly SeenEndpoint[]): Lead {
  return { to: 'unclear', problem, endpoints };
}

function ambiguous(what: string, endpoints: readonly SeenEndpoint[]): Problem {
  const named = endpoints.map(({ id, vpcId, scope }) => `${id} (${vpcId ?? 'VPC unknown'}, ${scope.id})`);
  return {
    reason: `${what} may lead to ${named.join(' or to ')}`,
    fix: 'replace it with the regional DNS name of the right endpoint (vpce-….vpce.amazonaws.com)',
  };
}

function notSeen(id: string, { unknown }: EndpointIndex): Problem {
  const [unread] = unknown;
  if (unread) {
    const reason = `endpoint ${id} is in no scope that was read, and scope ${unread.scope.id} cannot be read: ${unread.reason}`;
    return { reason, fix: 'make the scope readable, then run the command again' };
  }
  const reason = `endpoint ${id} is in no account and region that the sources of the configuration read`;
  return {
    reason,
    fix: 'add its account and region to a source of type vpc-endpoints; if AWS does not know the id, the endpoint is gone',
  };
}

function partlyElsewhere(name: string, { id }: SeenEndpoint): Problem {
  const reason = `name ${name} leads to ${id}, and to addresses that no endpoint has`;
  return { reason, fix: 'replace it with the DNS name of the endpoint' };
}
