import { randomInt } from 'node:crypto';
import { flags, headerBytes, leastUdpBytes, rcodes } from '../packets/numbers';
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
/** More of one question at once are a server that asks us what we ask it. */
const mostOfOne = 16;

/** Forwards what somebody else answers: to one server after the other until one answers. */
export function createForwarder({ servers, ask, randomId = () => randomInt(65_536) }: ForwarderOptions): Forward {
  const waiting = new Map<string, number>();
  let inFlight = 0;

  async function askEach(bytes: Buffer, { question }: Query, transport: Transport): Promise<Buffer | undefined> {
    let failed: Buffer | undefined;
    for (const server of servers) {
      const message = withId(bytes, randomId());
      const found = await ask[transport]({ message, question, server, timeoutMs }).catch(() => undefined);
      if (found && !isFailure(found)) return found;
      failed = found ?? failed;
    }
    return failed;
  }

  return async (bytes, query, transport) => {
    const key = lowercase(query.question);
    const same = waiting.get(key) ?? 0;
    if (inFlight >= mostInFlight || same >= mostOfOne) return undefined;
    inFlight += 1;
    waiting.set(key, same + 1);
    try {
      const found = await askEach(bytes, query, transport);
      return found && withId(fitted(found, query, transport), query.id);
    } finally {
      inFlight -= 1;
      const left = (waiting.get(key) ?? 1) - 1;
      if (left > 0) waiting.set(key, left);
      else waiting.delete(key);
    }
  };
}

/** Another server may know more. */
function isFailure(answer: Buffer): boolean {
  const rcode = answer.readUInt16BE(2) & 0xf;
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
