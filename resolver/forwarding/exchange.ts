import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { createTcpFrames, tcpFrameOf } from '../packets/frames';
import { flags, headerBytes, rcodeOf, rcodes } from '../packets/numbers';
import type { SocketAddress } from './nameservers';

/** A message with its id, and its server. */
export type Asking = {
  readonly message: Buffer;
  /** The question as it stands in the message. */
  readonly question: Buffer;
  readonly server: SocketAddress;
  readonly timeoutMs: number;
};

/** Asks one server once, and returns its answer. Rejects when no answer comes in time. */
export type Ask = (exchange: Asking) => Promise<Buffer>;

/** Each question uses its own port, so that nobody can guess where the answer is expected. */
export const askByUdp: Ask = (exchange) =>
  within(exchange, ({ resolve, reject }) => {
    const { message, server } = exchange;
    const socket = createSocket(isIPv6(server.ip) ? 'udp6' : 'udp4');
    socket.on('error', reject);
    socket.on('message', (bytes) => {
      if (isAnswer(bytes, exchange)) resolve(bytes);
    });
    // A connected socket hears only this server, and Node reports a server that is not there.
    // Without a route to the server the callback gets the error; its type in @types/node has none.
    socket.connect(server.port, server.ip, ((refused?: Error) => {
      if (refused) reject(refused);
      else socket.send(message, (failed) => failed && reject(failed));
    }) as () => void);
    return () => socket.close();
  });

/** For a client that came over TCP. */
export const askByTcp: Ask = (exchange) =>
  within(exchange, ({ resolve, reject }) => {
    const { message, server } = exchange;
    const frames = createTcpFrames();
    const socket = connect({ host: server.ip, port: server.port }, () => socket.write(tcpFrameOf(message)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    socket.on('data', (chunk) => {
      frames.add(chunk);
      for (let bytes = frames.next(); bytes; bytes = frames.next()) if (isAnswer(bytes, exchange)) resolve(bytes);
    });
    return () => socket.destroy();
  });

type Settle = { readonly resolve: (bytes: Buffer) => void; readonly reject: (error: Error) => void };

function within({ timeoutMs }: Asking, open: (settle: Settle) => () => void): Promise<Buffer> {
  let close = () => {};
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<Buffer>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    close = open({ resolve, reject });
  });
  return answer.finally(() => {
    clearTimeout(timer);
    close();
  });
}

/**
 * Whether the message answers the question. A server that could not read the question does not
 * repeat it.
 */
export function isAnswer(bytes: Buffer, { message, question }: Pick<Asking, 'message' | 'question'>): boolean {
  if (bytes.length < headerBytes || !(bytes.readUInt16BE(2) & flags.isResponse)) return false;
  if (bytes.readUInt16BE(0) !== message.readUInt16BE(0)) return false;
  if (bytes.readUInt16BE(4) === 0) return rcodeOf(bytes) !== rcodes.NOERROR;
  const repeated = bytes.subarray(headerBytes, headerBytes + question.length);
  return lowercase(repeated) === lowercase(question);
}

/**
 * Lower-cases the bytes of a question. Type and class may change too, in the same way on both
 * sides.
 */
export function lowercase(question: Buffer): string {
  return question.toString('latin1').toLowerCase();
}
