import type { Clock } from '../core/clock';
import { concurrently } from '../core/concurrently';
import { PrivatelinkError } from '../core/errors';
import type { Discovered, Quarantined, Scope } from '../core/model';
import { compareText, normaliseIp } from '../core/targets';
import type { Refusal } from './allow';
import { type Claimed, createClaimedSource, digestOf, discoverClaimed } from './claimed-endpoint';
import type { DnsConfig } from './config';
import { cacheAnswers } from './dns-cache';
import { isPrivate } from './private-addresses';
import { dnsCodeOf, type Resolver, type SrvRecord } from './resolver';
import type { Source } from './source';

export type DnsDependencies = {
  readonly resolver: Resolver;
  readonly clock: Pick<Clock, 'now'>;
};

type NameConfig = DnsConfig['names'][number];

/** Names, or targets of one SRV name, asked for at once. */
const concurrency = 8;

/** More addresses than this behind one name are a mistake: Konnect holds 10,000 targets in all. */
const maxAddresses = 1_000;

/** The addresses behind DNS names: A and AAAA, or SRV where the name starts with `_`. Whatever is doubtful makes the scope unknown (docs/decisions/0009). */
export function createDnsSource(config: DnsConfig, { resolver, clock }: DnsDependencies): Source {
  const cache = cacheAnswers(resolver, clock);
  return createClaimedSource(config, async (scope, signal) => {
    const read = await concurrently(config.names, concurrency, (name) =>
      readName(name, { scope, signal, resolver: cache }),
    );
    return discoverNames(read.flat(), config, scope);
  });
}

type Read = { readonly claimed: Claimed; readonly refusal?: Refusal };

function discoverNames(read: readonly Read[], { allow }: DnsConfig, scope: Scope): Discovered {
  const usable = read.flatMap(({ claimed, refusal }) => (refusal ? [] : [claimed]));
  const { endpoints, quarantined } = discoverClaimed(usable, allow, scope);
  const refused = read.flatMap(({ claimed, refusal }) => (refusal ? [quarantine(claimed, refusal, scope)] : []));
  const all = [...quarantined, ...refused].sort((a, b) => compareText(a.endpointId, b.endpointId));
  return { endpoints, quarantined: all };
}

function quarantine({ id, claim }: Claimed, refusal: Refusal, { id: scopeId }: Scope): Quarantined {
  return { endpointId: id, scopeId, domain: claim.domain, ...refusal };
}

type Context = { readonly scope: Scope; readonly signal: AbortSignal; readonly resolver: Resolver };

async function readName(config: NameConfig, context: Context): Promise<readonly Read[]> {
  const { name, public: isPublicAllowed, ...claim } = config;
  const { source } = context.scope;
  const claimed = name.startsWith('_')
    ? await readSrv({ ...claim, name }, context)
    : [
        {
          id: `dns-${claim.domain}-${digestOf(source, name)}`,
          claim,
          ips: await readAddresses(name, context),
          dnsNames: [name],
        },
      ];
  const total = claimed.reduce((sum, one) => sum + one.ips.length, 0);
  return claimed.map((one) => ({ claimed: one, refusal: refusalOf(one.ips, { name, total, isPublicAllowed }) }));
}

/** One endpoint for each host and port of the most preferred records; these say the port and the weight. */
async function readSrv({ name, ...claim }: Omit<NameConfig, 'public'>, context: Context): Promise<readonly Claimed[]> {
  const records = preferred(await ask(name, context, () => context.resolver.resolveSrv(name, context.signal)));
  if (records.length === 0) throw nothing(name, 'SRV', context.scope);
  if (records.length > maxAddresses) throw tooManyRecords(name, records.length, context.scope);
  return concurrently(records, concurrency, async ({ name: host, port, weight }) => ({
    id: `dns-${claim.domain}-${digestOf(context.scope.source, name, host, port)}`,
    // Where nobody chooses, RFC 2782 has weights of 0; to a balancer 0 is no traffic at all.
    claim: { ...claim, port, weight: Math.max(weight, 1) },
    ips: await readAddresses(host, context),
    dnsNames: [name, host],
  }));
}

/** Records of the lowest priority, each host and port once, with its largest weight; `.` says that nobody serves. */
function preferred(records: readonly SrvRecord[]): readonly SrvRecord[] {
  const serving = records.filter(({ name }) => name !== '' && name !== '.');
  const lowest = serving.reduce((least, { priority }) => Math.min(least, priority), Number.POSITIVE_INFINITY);
  const rising = serving.filter(({ priority }) => priority === lowest).sort((a, b) => a.weight - b.weight);
  return [...new Map(rising.map((one) => [`${one.name}:${one.port}`, one])).values()];
}

async function readAddresses(name: string, context: Context): Promise<readonly string[]> {
  const { resolver, signal, scope } = context;
  const [ipv4, ipv6] = await ask(name, context, () =>
    Promise.all([resolver.resolve4(name, signal), resolver.resolve6(name, signal)]),
  );
  const ips = new Set([...ipv4, ...ipv6].map(({ address }) => normaliseIp(address)));
  if (ips.size === 0) throw nothing(name, 'A or AAAA', scope);
  return [...ips].sort(compareText);
}

type Limits = { readonly name: string; readonly total: number; readonly isPublicAllowed: boolean };

function refusalOf(ips: readonly string[], { name, total, isPublicAllowed }: Limits): Refusal | undefined {
  const code = 'address-not-allowed';
  if (total > maxAddresses) {
    const fix = 'name something smaller, such as the load balancer in front of them';
    return { code, reason: `${name} resolves to ${total} addresses, more than ${maxAddresses}`, fix };
  }
  const outside = isPublicAllowed ? undefined : ips.find((ip) => !isPrivate(ip));
  const fix = 'correct the record, or set `public: true` on the name where that is meant';
  return outside === undefined ? undefined : { code, reason: `${name} resolves to the public address ${outside}`, fix };
}

async function ask<T>(name: string, { scope, signal }: Context, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (thrown) {
    signal.throwIfAborted();
    throw new PrivatelinkError(
      `scope ${scope.id}: DNS gives no answer for ${name} (${dnsCodeOf(thrown)}), nor did it within the last hour; what was known stays in use; check the name servers of this machine and those of the name's zone`,
      { code: 'UNREACHABLE', transient: true, cause: thrown },
    );
  }
}

function nothing(name: string, kind: string, { id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id}: ${name} resolves to nothing, DNS has no ${kind} record of it; what was known stays in use; correct the record, or take the name out of \`names\` of the source`,
    { code: 'UNCONFIRMED', transient: true },
  );
}

function tooManyRecords(name: string, count: number, { id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id}: ${name} has ${count} SRV records, more than ${maxAddresses}; what was known stays in use; name something smaller`,
    { code: 'BAD_ANSWER', transient: false },
  );
}
