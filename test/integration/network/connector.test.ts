import { createServer } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { Client } from 'undici';
import { createConnector } from '#io/proxy/connections';
import { listenOn, startProxy } from '../../support/network/servers';
import { patienceMs } from '../../support/until';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  delete process.env.HTTP_PROXY;
  for (const close of closing.splice(0).reverse()) await close();
});

it('fm-60 plain HTTP goes through the proxy that HTTP_PROXY names', async () => {
  const server = createServer((_, response) => response.end('there'));
  const proxy = await startProxy({ 'canary.example': await listenOn(server) });
  process.env.HTTP_PROXY = proxy.url;
  const client = new Client('http://canary.example', { connect: createConnector({ timeout: patienceMs }) });
  closing.push(
    () => server.close(),
    proxy.close,
    () => client.destroy(),
  );
  const ask = async () => (await client.request({ method: 'GET', path: '/' })).body.text();

  const texts = [await ask(), await ask()];

  expect(texts).toEqual(['there', 'there']);
  expect(proxy.asked).toEqual(['canary.example:80']);
});
