import { parseIp, withoutBrackets } from '#core/addresses/parse';
import { normaliseIp } from '#core/addresses/targets';
import { isProblem, type Problem } from '#core/errors';
import type { SeenAddress, SeenEndpoint } from '#discovery/seen/model';
import { type EndpointIndex, endpointsNamed, spellName } from './endpoint-index';

/** Where a host leads: to addresses of one endpoint, to PrivateLink in a way that nobody can tell, or elsewhere. */
export type Lead =
  | {
      readonly to: 'endpoint';
      readonly endpoint: SeenEndpoint;
      /** Those of the endpoint's addresses that it reaches; none: a zone in which the endpoint has no interface. */
      readonly ips: readonly string[];
      /** Whether it is a name, whose addresses DNS tells. */
      readonly isNameTarget: boolean;
      /** The zone that a zonal name is for. */
      readonly zoneName?: string;
    }
  | { readonly to: 'unclear'; readonly problem: Problem; readonly endpoints: readonly SeenEndpoint[] }
  | { readonly to: 'elsewhere'; readonly problem?: Problem };

/** Where `host`, a name or an address of a service or a target, leads. */
export function leadOf(host: string, index: EndpointIndex): Lead {
  const ip = parseIp(withoutBrackets(host));
  if (ip !== undefined) return leadOfIp(ip, index);
  const name = spellName(host);
  return leadOfVpceName(name, index) ?? leadOfKnownName(name, index) ?? leadOfResolved(name, index);
}

/** Whether DNS must be asked for where a host leads. */
export function isToResolve(host: string, index: EndpointIndex): boolean {
  if (parseIp(withoutBrackets(host)) !== undefined || !host.includes('.')) return false;
  const name = spellName(host);
  return !leadOfVpceName(name, index) && !leadOfKnownName(name, index);
}

/** Names of AWS's own for endpoints, of services and of resources. */
const ofAws = /\.vpce\.amazonaws\.com(\.cn)?$|\.on\.aws$/;
const endpointLabel = /^(vpce-[0-9a-f]+)(?:-([a-z0-9-]+))?$/;
/** `us-east-1a`, `us-west-2-lax-1a`. */
const zoneAtEnd = /(?:^|-)([a-z]{2,4}(?:-[a-z]+)+-\d+(?:-[a-z]{3}-\d+)?[a-z])$/;

/** `vpce-<id>[-<suffix>][-<zone>].<service>.<region>.vpce.amazonaws.com`; a bucket, or a star, may stand before it. */
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

/** A name of people's own, such as an alias in a private zone. */
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
    const reason = `address ${ip} is of ${endpoint.id}, and nobody knows whether of an endpoint in scope ${unread.scope.id} too, which cannot be read`;
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

/** DNS gives IPv4 to a Kong that asks for nothing else, and IPv6 where there is no other. */
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
    fix: 'write the regional DNS name of the endpoint that is meant (vpce-….vpce.amazonaws.com) in its place',
  };
}

function notSeen(id: string, { unknown }: EndpointIndex): Problem {
  const [unread] = unknown;
  if (unread) {
    const reason = `endpoint ${id} is in no scope that was read, and scope ${unread.scope.id} cannot be read: ${unread.reason}`;
    return { reason, fix: 'make the scope readable, then run this again' };
  }
  const reason = `endpoint ${id} is in no account and region that the sources of the configuration read`;
  return {
    reason,
    fix: 'add its account and region to a source of type vpc-endpoints; where AWS does not know it, the endpoint is gone',
  };
}

function partlyElsewhere(name: string, { id }: SeenEndpoint): Problem {
  const reason = `name ${name} leads to ${id}, and to addresses that no endpoint has`;
  return { reason, fix: 'write the DNS name of the endpoint in its place' };
}
