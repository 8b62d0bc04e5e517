import type { LiveChoice } from '#data-plane/reach/picker';
import { choicesInUse, type Reach, sparesOf } from '#data-plane/reach/reach';
import { types } from '../packets/numbers';
import type { Query } from '../packets/query';
import { recordOf } from '../packets/records';
import type { Reply } from '../packets/reply';
import { type NameBelow, readName, suffixAt } from './names';
import { srvWeights, srvWeightsBesideSpares } from './weights';

/** Kong checks each of them every few seconds too. */
const mostSpares = 8;

/** How to reach a domain; `none`: there is no such domain; `unknown`: that cannot be said now. */
export type ReachOfDomain = Reach | 'none' | 'unknown';

export type AnswerOptions = {
  /** Labels, in lowercase. */
  readonly suffix: readonly string[];
  readonly reachOf: (domain: string) => ReachOfDomain;
  /** The own zone first. */
  readonly isZonal: boolean;
  /** What was confirmed before is not answered any more; by the monotonic clock. */
  readonly sinceMs: number;
};

export type AnswerFacts = Reply & {
  /** The domain that it is about. */
  readonly domain?: string;
  /** All that is known of the domain is too old. */
  readonly isStale?: boolean;
  /** When the oldest of what it says was confirmed, by the monotonic clock; absent: it does not age. */
  readonly oldestMs?: number;
};

/** What a question about our names is answered; undefined: it is for somebody else. */
export function answerTo(query: Query, options: AnswerOptions): AnswerFacts | undefined {
  const name = readName(query.labels, options.suffix);
  if (isTransfer(query.type)) return { rcode: 'REFUSED' };
  if (name.is === 'other') return undefined;
  return { isOurs: true, ...answerOf(query, name, options) };
}

function isTransfer(type: number): boolean {
  return type === types.AXFR || type === types.IXFR;
}

function answerOf(query: Query, name: Exclude<NameBelow, { is: 'other' }>, options: AnswerOptions): AnswerFacts {
  const soa = () => [soaRecord(query, options)];
  if (name.is === 'none') return { rcode: 'NXDOMAIN', authority: soa() };
  if (name.is === 'suffix') return query.type === types.SOA ? found(soa()) : withoutDomain(query, soa);
  const { domain } = name;
  const reached = options.reachOf(domain);
  if (reached === 'unknown') return { rcode: 'SERVFAIL', domain };
  if (reached === 'none') return { rcode: 'NXDOMAIN', domain, authority: soa() };
  if (name.is === 'between') return { ...withoutDomain(query, soa), domain };
  const choices = choicesInUse(reached, options.isZonal, options.sinceMs);
  if (choices.length === 0) return { rcode: 'SERVFAIL', domain, isStale: true };
  const sparesNow = () => sparesBeside(reached, choices, options.sinceMs);
  const answers = query.type === types.ANY ? [minimal()] : recordsOf(query.type, choices, sparesNow);
  const authority = answers.length > 0 ? [] : soa();
  return { rcode: 'NOERROR', domain, answers, authority, oldestMs: oldestOf(reached, options.sinceMs) };
}

function found(answers: readonly Buffer[]): AnswerFacts {
  return { rcode: 'NOERROR', answers };
}

/** A name that has no addresses of its own. */
function withoutDomain({ type }: Query, soa: () => readonly Buffer[]): AnswerFacts {
  return type === types.ANY ? found([minimal()]) : { rcode: 'NOERROR', authority: soa() };
}

/** Nobody needs all types of a name at once but those who attack somebody with the answer (RFC 8482). */
function minimal(): Buffer {
  return recordOf('HINFO', { cpu: 'RFC8482', os: '' });
}

function recordsOf(type: number, choices: readonly LiveChoice[], sparesNow: () => readonly LiveChoice[]) {
  if (type === types.SRV) return srvRecords(choices, sparesNow());
  if (type === types.A) return ipRecords('A', choices, (ip) => !ip.includes(':'));
  if (type === types.AAAA) return ipRecords('AAAA', choices, (ip) => ip.includes(':'));
  return [];
}

/**
 * The target of each is its address itself: Kong then balances and checks it as it does any, and asks for no name. Spares are what Kong goes
 * to when a whole zone dies, by its own checks and at once: it would answer 503 until probes find out here and the next answer reaches it.
 */
function srvRecords(choices: readonly LiveChoice[], spares: readonly LiveChoice[]): readonly Buffer[] {
  return srvShares(choices, spares).map(({ choice: { ip: target, port }, weight }) =>
    recordOf('SRV', { priority: 1, weight, port, target }),
  );
}

/** What stands in an SRV answer beside those in use. */
export function sparesBeside(reach: Reach, choices: readonly LiveChoice[], sinceMs: number): readonly LiveChoice[] {
  return sparesOf(reach, choices, { sinceMs, most: mostSpares });
}

/** All that an SRV answer says, each with its weight there. */
export function srvShares(choices: readonly LiveChoice[], spares: readonly LiveChoice[]) {
  const own = choices.map(({ weight }) => weight);
  const weights = spares.length > 0 ? srvWeightsBesideSpares(own) : srvWeights(own);
  return [...choices, ...spares].map((choice, index) => ({ choice, weight: weights[index] ?? 1 }));
}

function ipRecords(type: 'A' | 'AAAA', choices: readonly LiveChoice[], isIn: (ip: string) => boolean) {
  const ips = new Set(choices.map(({ ip }) => ip).filter(isIn));
  return [...ips].map((ip) => recordOf(type, ip));
}

/** Of all that could be answered, not only of what is: who is too old changes the tier as well. */
function oldestOf({ any }: Reach, sinceMs: number): number {
  return any.seen.reduce((oldest, { observedAtMs: at }) => (at < sinceMs ? oldest : Math.min(oldest, at)), Infinity);
}

/** Who asks for what there is not may remember that for a second. */
function soaRecord({ labels }: Query, { suffix }: AnswerOptions): Buffer {
  const mname = suffix.join('.');
  const data = { mname, rname: `hostmaster.${mname}`, serial: 1, refresh: 60, retry: 1, expire: 60, minimum: 1 };
  return recordOf('SOA', data, suffixAt(labels, suffix));
}
