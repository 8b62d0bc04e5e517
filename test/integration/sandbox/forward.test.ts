import { Agent, createServer } from 'node:http';
import { expect, it } from '@jest/globals';
import { forward } from '#sandbox/gateway/proxy/forward';
import { listenTogether } from '#sandbox/network/loopback';

it('accepts a connection that came in time, although a blocked event loop saw it after connectTimeoutMs', async () => {
  const provider = await listenTogether(['127.0.0.1'], () => createServer((_, response) => response.end('{}')));
  const agent = new Agent();
  const { signal } = new AbortController();
  const to = { ip: '127.0.0.1', port: provider.port, method: 'GET', path: '/', headers: {} };

  const forwarding = forward({ ...to, connectTimeoutMs: 5, readTimeoutMs: 60_000, agent, signal });
  const untilMs = performance.now() + 50;
  while (performance.now() < untilMs);
  const { result } = await forwarding;
  agent.destroy();
  await provider.close();

  expect(result).toBe('answered');
});
