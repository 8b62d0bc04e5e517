import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import { createHttp } from '#sync/control-planes/kong-api/http';
import { konnectApi } from '#sync/control-planes/konnect/api';
import { until } from '../../support/until';

const signal = new AbortController().signal;
let server: Server;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  server = createServer((_, response) => response.setHeader('keep-alive', 'timeout=600').end('{}'));
  // The server never closes a connection.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => void sockets.push(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
});

it('fm-27 closes an idle connection before a server would, whatever keep-alive the server promises', async () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttp({ api: konnectApi, address, concurrency: 1, clock: systemClock });
  await http({ method: 'GET', path: '/' }, signal);
  await http({ method: 'GET', path: '/' }, signal);
  const opened = sockets.length;

  await until('the client has closed it', () => sockets[0]?.destroyed === true);

  expect(opened).toBe(1);
});
