import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type RequestGateConfig, rollout } from '#config/rollout';
import { startKonnect } from '#sandbox/konnect/konnect';
import { backendOf } from '#sync/control-planes/backends';
import { createAsk, openDispatcher } from '#sync/rollout/gates/ask';
import type { Sample } from '#sync/rollout/gates/gate';
import { checkGates, openGates } from '#sync/rollout/gates/gates';
import { createRequestGate } from '#sync/rollout/gates/requests';
import { listenOn, startProxy } from '../../support/network/servers';
import { createFakeClock } from '../../support/passes';
import { createSleepingClock } from '../../support/rollout/clocks';
import { until } from '../../support/until';

const signal = new AbortController().signal;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Listens until the test is over. `sockets` holds its connections, in their order. */
async function serve(server: Server): Promise<{ readonly url: string; readonly sockets: readonly Socket[] }> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => void sockets.push(socket.on('error', () => {})));
  const port = await listenOn(server);
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, sockets };
}

const answering = (listener: RequestListener) => serve(createServer(listener));

const request: RequestGateConfig = {
  url: '',
  method: 'GET',
  status: 200,
  perSecond: 1,
  timeoutSeconds: 60,
  maxFailed: 0,
};

/** A trial with these requests, on a clock that the test moves. */
function openRequests(...configs: readonly Partial<RequestGateConfig>[]) {
  const clock = createFakeClock();
  const all = configs.map((config) => ({ ...request, ...config }));
  const gate = createRequestGate(all, { stage: 'canary', clock, dispatcher: openDispatcher() });
  return { clock, ...gate.open({ bakingMs: () => 0, settleMs: 0 }) };
}

/** A URL whose port has no server. */
async function closedUrl(): Promise<string> {
  const server = createTcpServer();
  const port = await listenOn(server);
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/x?secret`;
}

describe('requests through a data plane', () => {
  it('are sent as configured, for the stage, each on its own connection', async () => {
    const heard: unknown[] = [];
    const { url, sockets } = await answering(({ method, url: path, headers }, response) => {
      heard.push([method, path, headers.apikey]);
      response.writeHead(204).end();
    });
    const { clock, sample } = openRequests({
      url: `${url}/{stage}/x?of={stage}`,
      method: 'POST',
      headers: { apikey: 'key of {stage}' },
      status: [200, 204],
    });

    const first = await sample(signal);
    clock.advance(1_000);
    const second = await sample(signal);

    expect([first, second]).toEqual([
      { kind: 'pass', said: 'the request got the expected status', value: 0 },
      { kind: 'pass', said: 'all 2 requests got the expected status', value: 0 },
    ]);
    const sent = ['POST', '/canary/x?of=canary', 'key of canary'];
    expect(heard).toEqual([sent, sent]);
    expect(sockets).toHaveLength(2);
  });

  it('fail for good with too many wrong answers, and report the answer and the URL without secrets', async () => {
    let status = 503;
    const { url } = await answering((_, response) => response.writeHead(status).end('no'));
    const headers = { apikey: 'secret-of-the-test' };
    const { clock, sample } = openRequests({ url: `${url}/sd2?key=secret`, headers, maxFailed: 1 });

    const taken: Sample[] = [];
    for (status of [503, 200, 302, 200]) {
      taken.push(await sample(signal));
      clock.advance(1_000);
    }

    expect(taken.map(({ kind, value }) => [kind, value])).toEqual([
      ['pass', 1],
      ['pass', 1],
      ['fail', 2],
      ['fail', 2],
    ]);
    expect(taken[0]?.said).toBe(`GET ${url}/sd2: expected status 200, got status 503; 1 of 1 failed, 1 allowed`);
    expect(taken[2]?.said).toMatch(/, got status 302; 2 of 3 failed, 1 allowed; see what this revision changed/);
    expect(JSON.stringify(taken)).not.toContain('secret');
  });

  it.each([
    ['accepts and never answers', createTcpServer((socket) => void socket.resume()), 'no answer in 0.05 s'],
    [
      'announces an answer again and again',
      createTcpServer((socket) => {
        socket.resume();
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 1);
        socket.on('close', () => clearInterval(timer));
      }),
      'no answer in 0.05 s',
    ],
    [
      'hangs up',
      createTcpServer((socket) => {
        socket.on('data', () => socket.destroy());
      }),
      'no answer (',
    ],
    [
      'says odd bytes',
      createTcpServer((socket) => {
        socket.on('data', () => socket.end('\u0000\u001b[2J\r\n'));
      }),
      'no answer (',
    ],
    [
      'changes the protocol',
      createTcpServer((socket) => {
        socket.on('data', () => socket.end('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'));
      }),
      'no answer (',
    ],
  ])('fail where a server %s', async (_, server, words) => {
    const { url } = await serve(server);

    const taken = await openRequests({ url, timeoutSeconds: words.includes('0.05') ? 0.05 : 60 }).sample(signal);

    expect(taken).toMatchObject({ kind: 'fail', said: expect.stringContaining(words), value: 1 });
    expect(taken.said).not.toContain('\u001b');
  });

  it('pass by their status where the body has no end, and hang up', async () => {
    const { url, sockets } = await answering((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(timer));
    });

    expect(await openRequests({ url }).sample(signal)).toMatchObject({ kind: 'pass' });
    await until('the client has hung up', () => sockets[0]?.destroyed === true);
  });

  it('are inconclusive while no server can be reached', async () => {
    const url = await closedUrl();
    const { clock, sample } = openRequests({ url });
    const first = await sample(signal);
    const server = createServer((_, response) => response.end());
    server.listen(Number(new URL(url).port), '127.0.0.1');
    ends.push(() => server.close());
    await until('it listens', () => server.listening);
    clock.advance(1_000);

    expect(first).toMatchObject({ kind: 'inconclusive', said: expect.stringContaining('ECONNREFUSED'), value: 0 });
    expect(first.said).toContain('; check the url, and the way to it');
    expect(first.said).not.toContain('secret');
    expect(await sample(signal)).toEqual({ kind: 'pass', said: 'the request got the expected status', value: 0 });
  });

  it.each([
    ['an impossible name', `http://${'a'.repeat(64)}.example/`],
    ['a server without TLS', 'https:'],
  ])('are inconclusive where there is %s', async (_, given) => {
    const { url } = await answering((_, response) => response.end());

    const { kind } = await openRequests({ url: given === 'https:' ? url.replace('http:', given) : given }).sample(
      signal,
    );

    expect(kind).toBe('inconclusive');
  });

  it('are inconclusive where a header cannot be sent, and do not show its value', async () => {
    const { url } = await answering((_, response) => response.end());

    const taken = await openRequests({ url, headers: { 'transfer-encoding': 'secret' } }).sample(signal);

    expect(taken.kind).toBe('inconclusive');
    expect(taken.said).not.toContain('secret');
  });

  it('are sent when they are due, and requests missed in a pause are not made up for', async () => {
    let count = 0;
    const { url } = await answering((_, response) => {
      count += 1;
      response.end();
    });
    const { clock, sample, everyMs } = openRequests({ url, perSecond: 2 });

    const counts: number[] = [];
    for (const ms of [0, 300, 200, 60_000, 0, 499, 1]) {
      clock.advance(ms);
      await sample(signal);
      counts.push(count);
    }

    expect(everyMs).toBe(500);
    expect(counts).toEqual([1, 1, 2, 3, 3, 4, 4]);
  });

  it('are sent one at a time for each URL, and a slow URL delays no other', async () => {
    const heard: string[] = [];
    const { url } = await answering(({ url: path = '' }, response) => {
      heard.push(path);
      if (path === '/fast') response.end();
    });
    const clock = { ...createSleepingClock(), ...timeOf(createFakeClock()) };
    const all = ['slow', 'fast'].map((path) => ({ ...request, url: `${url}/${path}` }));
    const gate = createRequestGate(all, { stage: 'canary', clock, dispatcher: openDispatcher() });
    const sampler = gate.open({ bakingMs: () => 0, settleMs: 0 });
    const own = new AbortController();

    const taken: Sample[] = [];
    // An answer may arrive after its second. The next request then waits for it.
    await until('it was asked three times', async () => {
      const sampling = sampler.sample(own.signal);
      await until('it waits', clock.isAsleep);
      clock.wake();
      taken.push(await sampling);
      clock.advance(1_000);
      return heard.filter((path) => path === '/fast').length >= 3;
    });
    own.abort(new Error('enough'));

    expect(heard.filter((path) => path === '/slow')).toHaveLength(1);
    expect(taken.at(-1)).toMatchObject({ kind: 'pending', said: `GET ${url}/slow: no answer yet` });
    await expect(sampler.sample(own.signal)).rejects.toThrow('enough');
  });

  it('go through a configured proxy', async () => {
    const { url } = await answering((_, response) => response.end());
    const proxy = await startProxy({ 'kong.example': Number(new URL(url).port) });
    process.env.HTTP_PROXY = proxy.url;
    ends.push(proxy.close, () => delete process.env.HTTP_PROXY);

    expect(await openRequests({ url: 'http://kong.example/' }).sample(signal)).toMatchObject({ kind: 'pass' });
    proxy.answer(502);
    expect(await openRequests({ url: 'http://kong.example/' }).sample(signal)).toMatchObject({ kind: 'inconclusive' });
    expect(proxy.asked).toEqual(['kong.example:80', 'kong.example:80']);
  });

  it('end with their signal', async () => {
    const { url, sockets } = await serve(createTcpServer((socket) => void socket.resume()));
    const own = new AbortController();

    const sampling = openRequests({ url }).sample(own.signal);
    await until('it is connected', () => sockets.length === 1);
    own.abort(new Error('enough'));

    await expect(sampling).rejects.toThrow('enough');
    await until('the client has hung up', () => sockets[0]?.destroyed === true);
  });
});

function timeOf({ monotonicMs, advance }: ReturnType<typeof createFakeClock>) {
  return { monotonicMs, advance };
}

describe('the call of a gate', () => {
  const ask = (url: string, callTimeoutMs = 60_000) => createAsk(openDispatcher(), callTimeoutMs)({ url }, signal);

  it.each<[string, RequestListener, string]>([
    ['HTML', (_, response) => response.end('<html>\u001b'), 'it answered 200 without JSON: <html>\\u001b'],
    ['nothing', (_, response) => response.writeHead(500).end(), 'it answered 500 without JSON'],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/x?secret' }).end(),
      '302: it redirects to http://10.0.0.1/x',
    ],
    ['more than it reads', (_, response) => response.end(' '.repeat(2 ** 20 + 1)), 'the answer has more than 1 MiB'],
  ])('returns a problem at %s', async (_, listener, problem) => {
    const { url } = await answering(listener);

    expect(await ask(url)).toEqual({ problem });
  });

  it('returns a problem at a server that never answers', async () => {
    const { url, sockets } = await serve(createTcpServer((socket) => void socket.resume()));

    expect(await ask(url, 50)).toEqual({ problem: 'the answer was not complete after 0.05 s' });
    await until('the client has hung up', () => sockets[0]?.destroyed === true);
  });
});

describe('the gates of a stage', () => {
  const token = 'kpat_secret-of-the-test';

  async function startPlane(hash: string) {
    const konnect = await startKonnect({ controlPlanes: [{ name: 'canary' }], token });
    ends.push(konnect.close);
    const node = { id: 'a', hostname: 'dp-1', configHash: hash || konnect.configHash('canary') };
    konnect.reportNode('canary', node);
    const backend = backendOf({ type: 'konnect', address: konnect.url, name: 'canary', token, concurrency: 4 });
    return { konnect, backend, stage: 'canary', clock: createFakeClock() };
  }

  it('are its own gates and the gates for all stages', async () => {
    const config = rollout.parse({
      gates: {
        requests: [{ url: 'http://127.0.0.1:1', stage: 'blue' }],
        metrics: [
          { name: 'a', type: 'prometheus', address: 'http://127.0.0.1:1', query: '1', atMost: 1, stage: 'canary' },
          { name: 'b', type: 'prometheus', address: 'http://127.0.0.1:1', query: '1', atMost: 1, stage: 'blue' },
          { name: 'c', type: 'konnect', metric: 'error_rate', atMost: 1 },
        ],
      },
    });
    const options = await startPlane('');

    expect(openGates(config, options).map(({ name }) => name)).toEqual(['dataPlanes', 'a', 'c']);
    expect(openGates(config, { ...options, stage: 'blue' }).map(({ name }) => name)).toEqual([
      'dataPlanes',
      'requests',
      'b',
      'c',
    ]);
  });

  it('have distinct names, even if two metrics share a name', async () => {
    const metric = { type: 'prometheus', address: 'http://127.0.0.1:1', query: '1', atMost: 1 };
    const config = rollout.parse({
      gates: {
        metrics: [
          { ...metric, name: 'errors' },
          { ...metric, name: 'errors', stage: 'canary' },
        ],
      },
    });

    expect(openGates(config, await startPlane('')).map(({ name }) => name)).toEqual([
      'dataPlanes',
      'errors',
      'errors (2)',
    ]);
  });

  it('are checked at the present, each with its message', async () => {
    const { url } = await answering(({ url: path }, response) => {
      if (path === '/status') return response.end(JSON.stringify({ configuration_hash: 'other', server: {} }));
      if (path === '/wrong') return response.writeHead(404).end();
      return response.end(
        JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [{ value: [1, '0.5'] }] } }),
      );
    });
    const options = await startPlane('');
    options.konnect.setMeasures('canary', { request_count: 500, upstream_latency_p99: 20 });
    const config = rollout.parse({
      gates: {
        status: [{ url: `${url}/status` }],
        requests: [{ url: `${url}/{stage}` }, { url: `${url}/wrong` }],
        metrics: [
          { name: 'errors', type: 'prometheus', address: url, query: 'x', atMostTimesBefore: 2 },
          { name: 'latency', type: 'konnect', metric: 'upstream_latency_p99', atMost: 10 },
        ],
      },
    });

    expect(await checkGates(config, options, signal)).toEqual([
      {
        name: 'dataPlanes',
        kind: 'fail',
        said: expect.stringContaining(`1 of 2 data planes without the new configuration: ${url}/status`),
      },
      { name: 'requests', kind: 'pass', said: 'the request got the expected status' },
      { name: 'requests', kind: 'fail', said: expect.stringContaining('got status 404') },
      { name: 'errors', kind: 'pass', said: '0.5, at most 1 (2 times the 0.5 before)' },
      { name: 'latency', kind: 'fail', said: expect.stringContaining('20 ms, at most 10 ms') },
    ]);
  });
});
