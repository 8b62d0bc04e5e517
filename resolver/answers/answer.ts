import type { LiveChoice } from '#data-plane/reach/picker';
import { choicesInUse, type Reach, sparesOf } from '#data-plane/reach/reach';
import { types } from '../packets/numbers';
import type { Query } from '../packets/query';
import { recordOf } from '../packets/records';
import type { Reply } from '../packets/reply';
import { type NameBelow, readName, suffixAt } from './names';
import { srvWeights, srvWeightsBesideSpares } from './weights';

/** Kong also checks each spare every few seconds. */
const mostSpares = 8;

/** How to reach a domain. `none`: the domain does not exist. `unknown`: there is no answer now. */
export type ReachOfDomain = Reach | 'none' | 'unknown';

export type AnswerOptions = {
  /** Labels, in lower case. */
  readonly suffix: readonly string[];
  readonly reachOf: (domain: string) => ReachOfDomain;
  /** Addresses of the own zone come first. */
  readonly isZonal: boolean;
  /** Older confirmations are not answered any more (monotonic clock). */
  readonly sinceMs: number;
};

export type AnswerFacts = Reply & {
  /** The domain of the answer. */
  readonly domain?: string;
  /** Everything known about the domain is too old. */
  readonly isStale?: boolean;
  /**
   * When the oldest part of the answer was confirmed (monotonic clock). Absent: it does not age.
   */
  readonly oldestMs?: number;
};

/** The answer to a question about our names; undefined for names of others. */
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

/** A name without addresses of its own. */
function withoutDomain({ type }: Query, soa: () => readonly Buffer[]): AnswerFacts {
  return type === types.ANY ? found([minimal()]) : { rcode: 'NOERROR', authority: soa() };
}

/** Only attackers need all types of a name at once, to amplify traffic (RFC 8482). */
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
 * The target of each record is the address itself. Kong then balances and checks it like any
 * target, and asks for no further name. Kong goes to the spares when its own checks find a whole
 * zone dead. Without spares it would answer 503 until the probes here notice and the next answer
 * arrives.
 */
function srvRecords(choices: readonly LiveChoice[], spares: readonly LiveChoice[]): readonly Buffer[] {
  return srvShares(choices, spares).map(({ choice: { ip: target, port }, weight }) =>
    recordOf('SRV', { priority: 1, weight, port, target }),
  );
}

/** The spares of an SRV answer beside the addresses in use. */
export function sparesBeside(reach: Reach, choices: readonly LiveChoice[], sinceMs: number): readonly LiveChoice[] {
  return sparesOf(reach, choices, { sinceMs, most: mostSpares });
}

/** All addresses of an SRV answer, each with its weight. */
export function srvShares(choices: readonly LiveChoice[], spares: readonly LiveChoice[]) {
  const own = choices.map(({ weight }) => weight);
  const weights = spares.length > 0 ? srvWeightsBesideSpares(own) : srvWeights(own);
  return [...choices, ...spares].map((choice, index) => ({ choice, weight: weights[index] ?? 1 }));
}

function ipRecords(type: 'A' | 'AAAA', choices: readonly LiveChoice[], isIn: (ip: string) => boolean) {
  const ips = new Set(choices.map(({ ip }) => ip).filter(isIn));
  return [...ips].map((ip) => recordOf(type, ip));
}

/**
 * The oldest of all possible addresses, not only of the answered ones: an address that becomes too
 * old changes the tier too.
 */
function oldestOf({ any }: Reach, sinceMs: number): number {
  return any.seen.reduce((oldest, { observedAtMs: at }) => (at < sinceMs ? oldest : Math.min(oldest, at)), Infinity);
}

/** The SOA lets clients remember a missing name for one second. */
function soaRecord({ labels }: Query, { suffix }: AnswerOptions): Buffer {
  const mname = suffix.join('.');
  const data = { mname, rname: `hostmaster.${mname}`, serial: 1, refresh: 60, retry: 1, expire: 60, minimum: 1 };
  return recordOf('SOA', data, suffixAt(labels, suffix));
}
