import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import { createHttp, type HttpOptions } from '#sync/control-planes/kong-api/http';
import { konnectApi } from '#sync/control-planes/konnect/api';
import { until } from '../../support/until';

const signal = new AbortController().signal;
const mebibyte = 2 ** 20;
const sockets: Socket[] = [];
let listening: Listening | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listening?.close();
  listening = undefined;
});

/** Asks a server for its one answer. */
async function ask(server: Server, limits: Partial<HttpOptions>): Promise<unknown> {
  server.on('connection', (socket: Socket) => void sockets.push(socket.on('error', () => undefined)));
  listening = await listenTogether(['127.0.0.1'], () => server);
  const address = `http://127.0.0.1:${listening.port}`;
  const http = createHttp({ api: konnectApi, address, concurrency: 1, clock: systemClock, ...limits });
  return http({ method: 'GET', path: '/' }, signal);
}

function answering(answer: (response: ServerResponse) => void): Server {
  return createHttpServer((_, response) => answer(response.writeHead(200)));
}

/** Writes the text again and again, as long as the client reads. */
function writeForEver(to: ServerResponse | Socket, text: string, pauseMs: number): void {
  const timer = setInterval(() => to.write(text), pauseMs);
  to.on('close', () => clearInterval(timer));
}

/** The connection of the first call; undici may open another one for the next. */
async function untilHungUp(): Promise<void> {
  await until('the client has hung up', () => sockets[0]?.destroyed === true);
}

/** Never ends its headers. */
const endlessHead = createServer((socket) => {
  socket.write('HTTP/1.1 200 OK\r\nx: ');
  writeForEver(socket, 'x', 5);
});

it.each([
  ['a body', answering((response) => writeForEver(response, ' ', 1))],
  ['a head', endlessHead],
  ['one hint after the other', createServer((socket) => writeForEver(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 1))],
])('fm-54 limits the time of a whole call: %s that arrives bit by bit ends with it', async (_, server) => {
  const asking = ask(server, { callTimeoutMs: 200 });

  await expect(asking).rejects.toMatchObject({
    code: 'TIMEOUT',
    transient: true,
    reason: expect.stringMatching(/no answer to GET http:.*: the answer was not complete after 0\.2 s/),
    fix: expect.stringContaining('check controlPlane.address'),
  });
  await untilHungUp();
});

it('fm-54 reads an endless answer up to its limit, and does not retry', async () => {
  let calls = 0;
  const server = answering((response) => {
    calls += 1;
    writeForEver(response, 'x'.repeat(mebibyte / 4), 0);
  });
  const asking = ask(server, { maxBytes: mebibyte });

  await expect(asking).rejects.toMatchObject({
    code: 'CONTROL_PLANE',
    reason: expect.stringMatching(/no answer to GET http:.*: the answer has more than 1 MiB/),
    fix: expect.stringContaining('no proxy'),
  });
  await untilHungUp();
  expect(calls).toBe(1);
});

it('fm-54 reads an answer of exactly the size limit', async () => {
  const text = JSON.stringify('x'.repeat(mebibyte - 2));

  await expect(
    ask(
      answering((response) => response.end(text)),
      { maxBytes: mebibyte },
    ),
  ).resolves.toHaveLength(mebibyte - 2);
});
