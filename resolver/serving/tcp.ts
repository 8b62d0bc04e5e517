import { createServer, isIPv6, type Socket } from 'node:net';
import type { SocketAddress } from '../forwarding/nameservers';
import { createTcpFrames, tcpFrameOf } from '../packets/frames';
import type { Respond } from './respond';

export type TcpServer = {
  readonly port: number;
  /** Ends all connections. Resolves when they have ended. */
  readonly close: () => Promise<void>;
};

/**
 * Above this number the oldest connection is closed, so that a client with many cannot lock others
 * out. Kong opens one connection for a question whose answer did not fit.
 */
const mostConnections = 128;
/** A connection without traffic for this long is closed. */
const idleMs = 10_000;
/** No question is longer. The rest would only take memory. */
const longestQuestion = 4_096;
/** Bytes. A client that does not read its answers gets no more. */
const mostUnread = 2 ** 18;
const mostWaiting = 64;

/** Answers over TCP. Rejects when it cannot listen. */
export async function serveTcp({ ip, port }: SocketAddress, respond: Respond): Promise<TcpServer> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const [first] = open;
    if (first && open.size >= mostConnections) {
      open.delete(first);
      first.destroy();
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serveConnection(socket, respond);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port, ipv6Only: isIPv6(ip), exclusive: true }, resolve);
  });
  // The server goes on when it cannot accept one connection.
  server.removeAllListeners('error').on('error', () => {});
  const address = server.address();
  const close = async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: typeof address === 'object' && address ? address.port : port, close };
}

/** Several questions may come at once. Each is answered as soon as its answer is there. */
function serveConnection(socket: Socket, respond: Respond): void {
  const frames = createTcpFrames();
  let waiting = 0;
  let hasEnded = false;

  function send(answer: Buffer | undefined): void {
    if (answer && !socket.destroyed) socket.write(tcpFrameOf(answer));
  }

  async function sendLater(answer: Promise<Buffer | undefined>): Promise<void> {
    waiting += 1;
    send(await answer);
    waiting -= 1;
    serve();
  }

  /** A client that sends nothing more may still read. */
  function goOn(): void {
    if (!hasEnded) socket.resume();
    else if (waiting === 0) socket.end();
  }

  function serve(): void {
    while (socket.writableLength < mostUnread && waiting < mostWaiting) {
      if ((frames.announced() ?? 0) > longestQuestion) {
        socket.destroy();
        return;
      }
      const message = frames.next();
      if (!message) {
        goOn();
        return;
      }
      const answer = respond(message, 'tcp');
      if (answer instanceof Promise) void sendLater(answer);
      else send(answer);
    }
    socket.pause();
  }

  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('drain', serve);
  socket.on('end', () => {
    hasEnded = true;
    serve();
  });
  socket.on('data', (chunk) => {
    frames.add(chunk);
    serve();
  });
}
