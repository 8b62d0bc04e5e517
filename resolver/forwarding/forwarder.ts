import { randomInt } from 'node:crypto';
import { flags, headerBytes, leastUdpBytes, rcodeOf, rcodes } from '../packets/numbers';
import type { Query, Transport } from '../packets/query';
import { type Ask, lowercase } from './exchange';
import type { SocketAddress } from './nameservers';

export type ForwarderOptions = {
  /** In the order of questions; at least one. */
  readonly servers: readonly SocketAddress[];
  readonly ask: Readonly<Record<Transport, Ask>>;
  /** Returns the id of a question, which nobody can guess. */
  readonly randomId?: () => number;
};

/**
 * Forwards a received query and returns the answer with its id. Undefined: no server answered, or
 * too many queries wait. Never rejects.
 */
export type Forward = (bytes: Buffer, query: Query, transport: Transport) => Promise<Buffer | undefined>;

/** The default time-out of Kong's DNS clients for a resolver. */
const timeoutMs = 2_000;
/** Each question needs a file descriptor. By default a process has 1,024. */
const mostInFlight = 500;
/**
 * More concurrent spellings of one question mean a loop: a server asks us the question we ask it,
 * and changes the spelling.
 */
const mostOfOne = 16;

/**
 * Forwards queries for names of others, to one server after another until one answers. A server
 * without an answer is asked last from then on. Equal queries share one answer, as the workers of
 * one Kong send them. A server that asks us the same query in a loop only waits for itself.
 */
export function createForwarder({ servers, ask, randomId = () => randomInt(65_536) }: ForwarderOptions): Forward {
  /** By the whole question without its id. */
  const underWay = new Map<string, Promise<Buffer | undefined>>();
  /** How many of these have the same question. */
  const spellings = new Map<string, number>();
  let inTurn = servers;

  async function askEach({ bytes, query, transport }: Asked): Promise<Buffer | undefined> {
    let failed: Buffer | undefined;
    for (const server of inTurn) {
      const message = withId(bytes, randomId());
      const exchange = { message, question: query.question, server, timeoutMs };
      const found = await ask[transport](exchange).catch(() => undefined);
      if (found && !isFailure(found)) return fitted(found, query, transport);
      if (!found) inTurn = [...inTurn.filter((one) => one !== server), server];
      failed = found ?? failed;
    }
    return failed && fitted(failed, query, transport);
  }

  async function begin(key: string, asked: Asked): Promise<Buffer | undefined> {
    const question = lowercase(asked.query.question);
    const others = spellings.get(question) ?? 0;
    if (underWay.size >= mostInFlight || others >= mostOfOne) return undefined;
    spellings.set(question, others + 1);
    const answer = askEach(asked);
    underWay.set(key, answer);
    await answer;
    underWay.delete(key);
    const left = (spellings.get(question) ?? 1) - 1;
    if (left > 0) spellings.set(question, left);
    else spellings.delete(question);
    return answer;
  }

  return async (bytes, query, transport) => {
    const key = transport + bytes.toString('latin1', 2);
    const found = await (underWay.get(key) ?? begin(key, { bytes, query, transport }));
    return found && withId(found, query.id);
  };
}

type Asked = { readonly bytes: Buffer; readonly query: Query; readonly transport: Transport };

/** Another server may know more. */
function isFailure(answer: Buffer): boolean {
  const rcode = rcodeOf(answer);
  return rcode === rcodes.SERVFAIL || rcode === rcodes.REFUSED;
}

function withId(bytes: Buffer, id: number): Buffer {
  const own = Buffer.from(bytes);
  own.writeUInt16BE(id, 0);
  return own;
}

/** A server's answer may be too large for the client, which is then told to come over TCP. */
function fitted(answer: Buffer, { question, edns }: Query, transport: Transport): Buffer {
  const most = Math.max(edns?.size ?? 0, leastUdpBytes);
  if (transport === 'tcp' || answer.length <= most) return answer;
  const cut = Buffer.from(answer.subarray(0, headerBytes + question.length));
  cut.writeUInt16BE(cut.readUInt16BE(2) | flags.isTruncated, 2);
  cut.fill(0, 6, headerBytes);
  return cut;
}
