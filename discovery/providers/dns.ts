import { dnsName } from '#config/claims';
import type { DnsConfig } from '#config/schema';
import { anyRange } from '#core/addresses/rule';
import { compareText, normaliseIp } from '#core/addresses/targets';
import { PrivatelinkError } from '#core/errors';
import type { Discovered, Quarantined, Scope } from '#core/model';
import { type Clocks, createTimeline } from '#core/timing/clock';
import { concurrently } from '#io/concurrently';
import { allowOf, type Refusal } from '../admission/allow';
import { missingField } from '../admission/fields';
import type { Source } from '../source';
import { type Answered, cacheAnswers, type DnsCache } from './dns-cache';
import { dnsCodeOf, type Resolver, type SrvRecord } from './resolver';
import { type Claimed, createClaimedSource, discoverClaimed, shortDigestOf } from './written';

export type DnsDependencies = {
  readonly resolver: Resolver;
  readonly clock: Clocks;
};

type NameConfig = DnsConfig['names'][number];

/** Names, or targets of one SRV name, that are asked for concurrently. */
const concurrency = 8;

/** More addresses behind one name are a mistake: Konnect holds 10,000 targets in all. */
const maxAddresses = 1_000;

/**
 * The addresses behind DNS names: A and AAAA, or SRV when the name starts with `_`. A doubtful
 * answer makes the scope unknown (docs/decisions/0009).
 */
export function createDnsSource(config: DnsConfig, { resolver, clock }: DnsDependencies): Source {
  const cache = cacheAnswers(resolver, clock);
  const timeline = createTimeline(clock);
  return createClaimedSource({ ...config, allow: allowOf(config) }, async (scope, signal) => {
    const askedAtMs: number[] = [];
    const context = { scope, signal, cache, note: (atMs: number) => void askedAtMs.push(atMs) };
    const read = await askEach(config.names, context, readName);
    timeline.follow();
    return { ...discoverNames(read.flat(), config, scope), observedAtMs: timeline.wallOf(oldest(askedAtMs)) };
  });
}

/**
 * Asks all of them, even after one has failed, so that each name's rotation is remembered
 * (docs/decisions/0009). Throws the first failure.
 */
async function askEach<I, O>(
  items: readonly I[],
  context: NameContext,
  ask: (item: I, own: NameContext) => Promise<O>,
): Promise<O[]> {
  const { signal } = context;
  const settled = await concurrently(items, { limit: concurrency, signal }, (item, own) =>
    Promise.allSettled([ask(item, { ...context, signal: own })]),
  );
  return settled.flat().map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** Several answers together are as old as the oldest of them. */
function oldest(timesMs: readonly number[]): number {
  return timesMs.reduce((least, atMs) => Math.min(least, atMs));
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

type NameContext = {
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly cache: DnsCache;
  /** Called with the start of each question whose answer is in use (monotonic clock). */
  readonly note: (askedAtMs: number) => void;
};

async function readName(config: NameConfig, context: NameContext): Promise<readonly Read[]> {
  const { name, public: isPublicAllowed, ...claim } = config;
  const grantedRanges = isPublicAllowed ? anyRange : [];
  const { source } = context.scope;
  const claimed = name.startsWith('_')
    ? await readSrv({ ...claim, name }, context)
    : [
        {
          id: `dns-${claim.domain}-${shortDigestOf(source, name)}`,
          claim,
          ips: await readAddresses(name, context),
          dnsNames: [name],
        },
      ];
  const total = claimed.reduce((sum, one) => sum + one.ips.length, 0);
  const refusal = refusalOf(name, total);
  return claimed.map((one) => ({ claimed: { ...one, grantedRanges }, refusal }));
}

/**
 * One endpoint for each host and port of the preferred records. The records give port and weight.
 */
async function readSrv(
  { name, ...claim }: Omit<NameConfig, 'public'>,
  context: NameContext,
): Promise<readonly Claimed[]> {
  const records = preferred(await ask(name, context, context.cache.resolveSrv));
  if (records.length === 0) throw nothing(name, 'SRV', context.scope);
  if (records.length > maxAddresses) throw tooManyRecords(name, records.length, context.scope);
  return askEach(records, context, async ({ name: host, port, weight }, own) => ({
    id: `dns-${claim.domain}-${shortDigestOf(context.scope.source, name, host, port)}`,
    // RFC 2782 uses weight 0 when there is nothing to choose. For a balancer, weight 0 is no
    // traffic.
    claim: { ...claim, port, weight: Math.max(weight, 1) },
    ips: isDnsName(host) ? await readAddresses(host, own) : [],
    problem: isDnsName(host) ? undefined : missingField(`${name} names ${JSON.stringify(host)}, which is no DNS name`),
    dnsNames: [name, host],
  }));
}

/**
 * The records of the lowest priority in the last answer, each host and port once, with its largest
 * weight. The target `.` means that the service is not available (RFC 2782).
 */
function preferred({ records, latest }: Answered<SrvRecord>): readonly SrvRecord[] {
  const lowest = latest.filter(isServing).reduce((least, { priority }) => Math.min(least, priority), Infinity);
  const rising = records.filter((one) => isServing(one) && one.priority === lowest).sort((a, b) => a.weight - b.weight);
  return [...new Map(rising.map((one) => [`${one.name}:${one.port}`, one])).values()];
}

function isServing({ name }: SrvRecord): boolean {
  return name !== '' && name !== '.';
}

async function readAddresses(name: string, context: NameContext): Promise<readonly string[]> {
  const { cache, scope } = context;
  const [ipv4, ipv6] = await Promise.all([ask(name, context, cache.resolve4), ask(name, context, cache.resolve6)]);
  const ips = new Set([...ipv4.records, ...ipv6.records].map(({ address }) => normaliseIp(address)));
  if (ips.size === 0) throw nothing(name, 'A or AAAA', scope);
  return [...ips].sort(compareText);
}

function refusalOf(name: string, total: number): Refusal | undefined {
  if (total <= maxAddresses) return undefined;
  return {
    code: 'address-not-allowed',
    reason: `${name} resolves to ${total} addresses, more than ${maxAddresses}`,
    fix: 'use a name with fewer addresses, for example the load balancer in front of them',
  };
}

/** Node refuses to ask for other texts. Such a text says nothing about the other records. */
function isDnsName(host: string): boolean {
  return dnsName.safeParse(host.replace(/\.$/, '')).success;
}

type Look<T> = (name: string, signal: AbortSignal) => Promise<Answered<T>>;

async function ask<T>(name: string, { scope, signal, note }: NameContext, look: Look<T>): Promise<Answered<T>> {
  try {
    const answered = await look(name, signal);
    note(answered.askedAtMs);
    return answered;
  } catch (thrown) {
    signal.throwIfAborted();
    throw new PrivatelinkError(
      `scope ${scope.id}: DNS gives no answer for ${name} (${dnsCodeOf(thrown)}), nor did it within the last hour; what was known stays in use`,
      {
        code: 'UNREACHABLE',
        fix: "check the name servers of this machine and those of the name's zone",
        cause: thrown,
      },
    );
  }
}

function nothing(name: string, kind: string, { id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id}: ${name} resolves to nothing, DNS has no ${kind} record of it; what was known stays in use`,
    { code: 'UNCONFIRMED', fix: 'correct the record, or take the name out of `names` of the source' },
  );
}

function tooManyRecords(name: string, count: number, { id }: Scope): PrivatelinkError {
  return new PrivatelinkError(
    `scope ${id}: ${name} has ${count} SRV records, more than ${maxAddresses}; what was known stays in use`,
    { code: 'BAD_ANSWER', fix: 'name something smaller' },
  );
}
