import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '../forwarding/nameservers';
import type { Respond } from './respond';

export type UdpServer = {
  readonly port: number;
  /** Resolves when the socket is closed. */
  readonly close: () => Promise<void>;
};

/** Returns the address itself: Node would look up each address. */
const lookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void) =>
  done(null, host, isIPv6(host) ? 6 : 4);

/** Answers over UDP. Rejects when it cannot listen. A problem with one message is only reported. */
export async function serveUdp(
  { ip, port }: SocketAddress,
  respond: Respond,
  onProblem: (reason: string) => void,
): Promise<UdpServer> {
  const socket = createSocket({ type: isIPv6(ip) ? 'udp6' : 'udp4', ipv6Only: isIPv6(ip), lookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: ip, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  // Without the client's address, which differs each time, so that each reason is logged once a
  // minute.
  socket.on('error', (error: NodeJS.ErrnoException) =>
    onProblem(`an answer was not sent: ${error.code ?? error.message}`),
  );
  socket.on('message', (bytes, { port: toPort, address }) => {
    // Nobody can listen at port 0.
    if (toPort === 0) return;
    const send = (answer: Buffer | undefined) => answer && sendTo(socket, answer, { port: toPort, address });
    const answer = respond(bytes, 'udp');
    if (answer instanceof Promise) void answer.then(send);
    else send(answer);
  });
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return { port: socket.address().port, close };
}

type Client = Pick<RemoteInfo, 'port' | 'address'>;

function sendTo(socket: Socket, answer: Buffer, { port, address }: Client): void {
  try {
    socket.send(answer, 0, answer.length, port, address);
  } catch {
    // The socket was closed during the wait.
  }
}
