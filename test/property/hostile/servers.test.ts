import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyFeed } from '#data-plane/feed/feed';
import { serveMetrics } from '#data-plane/metrics-server';
import { renderMetrics } from '#io/metrics/text';
import { metricsText } from '#plugin/server/serving/metrics';
import { createMetrics } from '#sync/watch/metrics/store';
import { workerMetrics } from '#sync/watch/metrics/table';
import { startWatchServer, type WatchServer } from '#sync/watch/server';
import { hostileText, three } from './corpus';
import { feed, replay } from './feed';
import { expectMetrics, must } from './judges';
import { mutateBytes } from './mutations';

/**
 * Any request to the servers for health, metrics and snapshots. It gets an answer or the end of the
 * connection, and the next one is answered.
 */

const snapshot = '{"version":1}\n';
const facts = { counts: { events: 0, calls: new Map() }, instances: 1, unresolved: 0, feed: emptyFeed, nowMs: 0 };
let [watch, plugin] = [0, 0];
let server: WatchServer;
let metricsServer: Awaited<ReturnType<typeof serveMetrics>>;

beforeAll(async () => {
  const metrics = () => renderMetrics(workerMetrics, createMetrics().samples());
  const state = { isAlive: () => true, isReady: () => true, details: () => '', metrics, snapshot: () => snapshot };
  server = await startWatchServer({ intervalSeconds: 60, listen: '127.0.0.1:0', token: 'secret' }, state);
  watch = Number(new URL(server.address).port);
  metricsServer = await serveMetrics('127.0.0.1:0', () => metricsText(facts));
  const bound = metricsServer.address();
  plugin = typeof bound === 'object' && bound ? bound.port : 0;
});

afterAll(async () => {
  await server.close();
  metricsServer.close();
  metricsServer.closeAllConnections();
});

const targets = ['/healthz', '/readyz', '/metrics', '/v1/snapshot'];
const head = fc
  .record({
    method: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST') },
      { weight: 1, arbitrary: hostileText },
    ),
    path: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...targets) }, { weight: 1, arbitrary: hostileText }),
    token: fc.oneof({ weight: 3, arbitrary: fc.constant('Bearer secret') }, { weight: 1, arbitrary: hostileText }),
    etag: hostileText,
  })
  .map(({ method, path, token, etag }) =>
    Buffer.from(
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${token}\r\nif-none-match: ${etag}\r\nconnection: close\r\n\r\n`,
      'utf8',
    ),
  );
const request = fc.oneof(
  { weight: 1, arbitrary: head },
  { weight: 1, arbitrary: fc.tuple(head, three).map(([one, steps]) => Buffer.from(mutateBytes(one, steps))) },
);

/** Says the bytes and that this is all; gives what comes until the other side hangs up. */
function ask(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = createConnection({ port, host: '127.0.0.1' }, () => void socket.end(bytes));
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => {}).on('close', () => resolve(text));
  });
}

const usual = (path: string) =>
  Buffer.from(`GET ${path} HTTP/1.0\r\nhost: x\r\nauthorization: Bearer secret\r\nconnection: close\r\n\r\n`);

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

async function expectAnswers(bytes: Buffer): Promise<void> {
  for (const port of [watch, plugin]) {
    const text = await ask(port, bytes);
    must(text === '' || /^HTTP\/1\.1 (2|3|4|503)/.test(text), () => `it answers ${text}`);
  }
  const isAuthorised = /\r\nauthorization:\s*bearer secret\s*\r\n/i.test(bytes.toString('latin1'));
  const said = await ask(watch, bytes);
  must(isAuthorised || !said.includes(snapshot), () => 'a snapshot for who has no token');
}

async function expectNext(): Promise<void> {
  expectMetrics(bodyOf(await ask(watch, usual('/metrics'))));
  expectMetrics(bodyOf(await ask(plugin, usual('/metrics'))));
  must(bodyOf(await ask(watch, usual('/v1/snapshot'))) === snapshot, () => 'the next one is not answered');
}

describe(`the corpus against servers ${replay}`, () => {
  it('fm-54 requests for health, metrics and snapshots', async () => {
    await feed(request, expectAnswers, 0.1);
    await expectNext();
  });
});
