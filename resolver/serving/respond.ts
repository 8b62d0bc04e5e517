import type { Feed } from '#data-plane/feed/feed';
import type { ProbeSettings } from '#data-plane/probes/probe-settings';
import { type AnswerFacts, answerTo, type ReachOfDomain } from '../answers/answer';
import { type AnswerCache, createAnswerCache } from '../answers/cache';
import type { Forward } from '../forwarding/forwarder';
import { type AskedBy, limitOf, type Query, readQuery, type Transport } from '../packets/query';
import { type Reply, writeReply } from '../packets/reply';
import { type AnswerCounts, type Counted, counterOf } from './counts';

export type RespondOptions = {
  readonly feed: Feed;
  readonly suffix: string;
  readonly isZonal: boolean;
  readonly maxStaleMs: number;
  readonly probe: ProbeSettings;
  /** Absent: names of others are refused. */
  readonly forward?: Forward;
  readonly counts: AnswerCounts;
  readonly monotonicMs: () => number;
  /** Called for a domain with more addresses than any answer can hold. */
  readonly onTooMany: (domain: string, left: number) => void;
};

/**
 * Returns the answer to a message; undefined: there is none. Answers at once, except for forwarded
 * names and while discovery begins. Never rejects.
 */
export type Respond = (bytes: Buffer, transport: Transport) => Buffer | undefined | Promise<Buffer | undefined>;

/** Enough for ten thousand domains, each asked in two ways. */
const cacheBytes = 8 * 2 ** 20;

type Call = { readonly bytes: Buffer; readonly query: Query; readonly transport: Transport };

/** The options of `createRespond` and its state. */
type Answering = RespondOptions & { readonly labels: readonly string[]; readonly cache: AnswerCache<Counted> };

/** Creates the function that answers each received message. */
export function createRespond(options: RespondOptions): Respond {
  const { feed, counts, monotonicMs, forward } = options;
  const cache = createAnswerCache<Counted>(cacheBytes);
  const answering = { ...options, labels: options.suffix.split('.'), cache };
  return (bytes, transport) => {
    const kept = cache.find(bytes, transport, { revision: feed.revision(), nowMs: monotonicMs() });
    if (kept) {
      kept.more.count += 1;
      return kept.bytes;
    }
    const query = readQuery(bytes);
    if (!query) return undefined;
    if ('fault' in query) {
      counterOf(counts, query.fault).count += 1;
      return write(query, { rcode: query.fault }, { transport, forward }).bytes;
    }
    const call = { bytes, query, transport };
    const answer = answered(query, answering);
    if (!answer) return forward ? pass(call, forward, answering) : give(call, { rcode: 'REFUSED' }, answering);
    return isEarly(answer) ? giveLater(call, answer, answering) : give(call, answer, answering);
  };
}

function answered(query: Query, options: Answering): AnswerFacts | undefined {
  const sinceMs = options.monotonicMs() - options.maxStaleMs;
  const reachOf = (domain: string) => reachedOf(domain, options);
  return answerTo(query, { isZonal: options.isZonal, suffix: options.labels, sinceMs, reachOf });
}

/** Writes the answer, counts it, and caches it when the domain exists. */
function give({ bytes: asked, query, transport }: Call, answer: AnswerFacts, options: Answering): Buffer {
  const { feed, counts, cache, maxStaleMs } = options;
  const { bytes, left } = write(query, answer, { transport, forward: options.forward });
  const counted = counterOf(counts, answer.rcode, query.type);
  counted.count += 1;
  if (answer.isStale) counts.stale += 1;
  if (left > 0 && transport === 'udp') counts.truncated += 1;
  if (left > 0 && transport === 'tcp') options.onTooMany(answer.domain ?? '', left);
  if (answer.oldestMs === undefined) return bytes;
  cache.keep(asked, transport, {
    bytes,
    revision: feed.revision(),
    untilMs: answer.oldestMs + maxStaleMs,
    more: counted,
  });
  return bytes;
}

function write(
  asked: AskedBy,
  reply: Reply,
  { transport, forward }: Pick<Call, 'transport'> & { readonly forward?: Forward },
) {
  const most = limitOf(asked, transport);
  return writeReply(asked, reply, { most, isPartFine: transport === 'tcp', isForwarding: forward !== undefined });
}

/** Unknown now, but possibly known in a moment. */
function isEarly({ rcode, isStale }: AnswerFacts): boolean {
  return rcode === 'SERVFAIL' && !isStale;
}

/**
 * Waits for the list of domains, and for this domain's addresses, each at most a second. It waits
 * only just after the start, or at the first question for the domain. Looking for an answer tells
 * the discovery thread about the domain; the second wait is for that thread.
 */
async function giveLater(call: Call, early: AnswerFacts, options: Answering): Promise<Buffer> {
  const { feed } = options;
  const { domain = '' } = early;
  const again = () => answered(call.query, options) ?? early;
  let answer = early;
  if (!feed.hasDomain(domain)) {
    await feed.named();
    answer = again();
  }
  if (isEarly(answer) && feed.hasDomain(domain)) {
    await feed.first(domain);
    answer = again();
  }
  return give(call, answer, options);
}

async function pass(call: Call, forward: Forward, options: Answering): Promise<Buffer> {
  options.counts.forwarded += 1;
  const found = await forward(call.bytes, call.query, call.transport);
  if (found) return found;
  options.counts.unforwarded += 1;
  return give(call, { rcode: 'SERVFAIL' }, options);
}

/** Only for existing domains: invented names take no memory. */
function reachedOf(domain: string, { feed, probe }: RespondOptions): ReachOfDomain {
  const isThere = feed.hasDomain(domain);
  if (!isThere) return isThere === false ? 'none' : 'unknown';
  feed.use(domain, probe);
  const reach = feed.reachOf(domain);
  return typeof reach === 'string' ? 'unknown' : reach;
}
