import { randomInt } from 'node:crypto';
import { flags, headerBytes, leastUdpBytes, rcodeOf, rcodes } from '../packets/numbers';
import type { Query, Transport } from '../packets/query';
import { type Ask, lowercase } from './exchange';
import type { SocketAddress } from './nameservers';

export type ForwarderOptions = {
  /** In the order in which they are asked; at least one. */
  readonly servers: readonly SocketAddress[];
  readonly ask: Readonly<Record<Transport, Ask>>;
  /** Bytes that nobody can guess: the id of a question. */
  readonly randomId?: () => number;
};

/** Forwards a query, as it arrived; gives the answer, with its id. Undefined: no server answered, or too much waits already. Never rejects. */
export type Forward = (bytes: Buffer, query: Query, transport: Transport) => Promise<Buffer | undefined>;

/** What Kong's DNS clients wait for a resolver by default. */
const timeoutMs = 2_000;
/** Each has a file descriptor, of which a process has 1,024 where nobody says more. */
const mostInFlight = 500;
/** More spellings of one question at once are a server that asks us what we ask it, and changes it on the way. */
const mostOfOne = 16;

/**
 * Forwards what somebody else answers: to one server after the other until one answers; one that did not is asked last from then on. Who asks the
 * same while it is under way gets the same answer, as the workers of one Kong do, and a server that asks it of us waits for itself, and no more.
 */
export function createForwarder({ servers, ask, randomId = () => randomInt(65_536) }: ForwarderOptions): Forward {
  /** By all that was asked but its id. */
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

/** A server may send more than the client can take: it is told to come by TCP. */
function fitted(answer: Buffer, { question, edns }: Query, transport: Transport): Buffer {
  const most = Math.max(edns?.size ?? 0, leastUdpBytes);
  if (transport === 'tcp' || answer.length <= most) return answer;
  const cut = Buffer.from(answer.subarray(0, headerBytes + question.length));
  cut.writeUInt16BE(cut.readUInt16BE(2) | flags.isTruncated, 2);
  cut.fill(0, 6, headerBytes);
  return cut;
}
