import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export type Listening = { readonly port: number; readonly close: () => Promise<void> };

export type TestProxy = Listening & {
  readonly url: string;
  /** `host:port` of each tunnel that was asked for. */
  readonly asked: readonly string[];
  /** What was sent as Proxy-Authorization, in the order of `asked`. */
  readonly credentials: readonly (string | undefined)[];
  /** From now on answers so; 200 opens the tunnels again. */
  answer(status: number): void;
};

/**
 * A proxy on loopback. Only the proxy knows the hosts, so a client without it reaches none of them.
 */
export async function startProxy(ports: Readonly<Record<string, number>>): Promise<TestProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  let status = 200;
  const server = createHttpServer();
  server.on('connect', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
    asked.push(url);
    credentials.push(headers['proxy-authorization']);
    const port = ports[url.replace(/:\d+$/, '')];
    const answered = status === 200 && port === undefined ? 502 : status;
    if (answered !== 200 || port === undefined) socket.end(`HTTP/1.1 ${answered} ${STATUS_CODES[answered]}\r\n\r\n`);
    else join(socket, port, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
  const listening = await listen(server);
  return {
    ...listening,
    url: `http://127.0.0.1:${listening.port}`,
    asked,
    credentials,
    answer: (next) => {
      status = next;
    },
  };
}

/** Speaks TLS in front of a server that does not. */
export async function startTlsFront(options: TlsOptions, port: number): Promise<Listening> {
  const server = createTlsServer(options, (socket) => join(socket, port));
  return listen(server);
}

function join(socket: Socket, port: number, onConnect = () => {}): void {
  const other = connect(port, '127.0.0.1', onConnect);
  const end = () => {
    socket.destroy();
    other.destroy();
  };
  for (const one of [socket, other]) one.once('error', end).once('close', end);
  socket.pipe(other).pipe(socket);
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    port: await listenOn(server),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Listens on loopback, and gives the port. */
export async function listenOn(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
