import { execFile, execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import { packageRoot } from '#sync/pass/version';
import { createNotifier, type RolloutEvent } from '#sync/rollout/notify/notifier';
import { blocksIn } from '../../support/documents/pages';
import { createAuthority } from '../../support/network/certificates';
import { listenOn, startProxy, startTlsFront } from '../../support/network/servers';
import { until } from '../../support/until';

const signal = new AbortController().signal;
const secret = 'hook-secret';
const halt: RolloutEvent = {
  event: 'halt',
  stage: 'canary',
  revision: 'aaaaaaaaaaaa',
  gate: 'requests',
  reason: 'GET /ä answered "503"\n\u0007',
};

type Heard = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string };

const nothing: Heard = { path: '', headers: {}, body: '' };

let closing: (() => unknown)[];
let heard: Heard[];
let sockets: Set<Socket>;
let warnings: string[];

beforeEach(() => {
  [closing, heard, sockets, warnings] = [[], [], new Set(), []];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

/** Listens until the test ends. */
async function listen(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => sockets.delete(socket));
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listenOn(server);
}

/**
 * A webhook that records all deliveries, and answers with these in turn, the last one again and
 * again.
 */
async function startHook(...answers: readonly RequestListener[]): Promise<number> {
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[Math.min(heard.length, answers.length - 1)];
      heard.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer?.(request, response);
    });
  });
  return listen(server);
}

const answering =
  (status: number, headers = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end('a body');
  };

/**
 * No pause between tries; a try has a time that no slow machine needs, where the test does not wait
 * for its end.
 */
async function tell(url: string, { timeoutMs = 60_000 } = {}): Promise<void> {
  const onWarning = (warning: string) => warnings.push(warning);
  const notifier = createNotifier(
    { url, secret },
    { owner: 'team', clock: patientClock, random: () => 0, timeoutMs, onWarning },
  );
  notifier.notify(halt);
  await notifier.drain(signal);
}

/** Drains for as long as it takes. */
const patientClock = {
  ...systemClock,
  sleep: (ms: number, own: AbortSignal) => systemClock.sleep(ms === 15_000 ? 2 ** 31 - 1 : ms, own),
};

describe('a webhook that answers', () => {
  it('gets a body whose signature can be checked with openssl alone', async () => {
    const port = await startHook(answering(200));

    await tell(`http://127.0.0.1:${port}/hooks/rollouts?key=1`);

    const [{ path, headers, body } = nothing] = heard;
    const [, at, mac] = /^t=(\d+),v1=(.+)$/.exec(String(headers['x-kong-privatelink-signature'])) ?? [];
    const argv = ['dgst', '-sha256', '-hmac', secret, '-r'];
    const signed = execFileSync('openssl', argv, { input: `${at}.${body}`, encoding: 'utf8' });
    expect(signed.split(' ')[0]).toBe(mac);
    expect(Math.abs(Number(at) * 1_000 - Date.now())).toBeLessThan(3_600_000);
    expect(path).toBe('/hooks/rollouts?key=1');
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    expect(JSON.parse(body)).toMatchObject({ reason: 'GET /ä answered "503"\\n\\u0007', owner: 'team' });
    expect(warnings).toEqual([]);
  });

  it('can check the signature as the docs show, and detects a changed or old body', async () => {
    const [code = ''] = blocksIn('docs/rollouts.md', 'js');
    const isOurs = new Function('require', `${code}; return isOurs;`)(require);
    const port = await startHook(answering(200));

    await tell(`http://127.0.0.1:${port}/`);

    const [{ headers, body } = nothing] = heard;
    const signature = String(headers['x-kong-privatelink-signature']);
    const old = createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex');
    expect(isOurs(signature, Buffer.from(body), secret)).toBe(true);
    expect(isOurs(signature, body.replace('halt', 'end'), secret)).toBe(false);
    expect(isOurs(signature, body, 'other')).toBe(false);
    expect(isOurs(`t=1700000000,v1=${old}`, body, secret)).toBe(false);
    for (const odd of ['', 't=1,v1=', `${signature},v1=00`, undefined]) expect(isOurs(odd, body, secret)).toBe(false);
  });

  it('with 500 and then with 200 gets two deliveries with one id', async () => {
    const port = await startHook(answering(500), answering(200));

    await tell(`http://127.0.0.1:${port}/`);

    expect(heard).toHaveLength(2);
    expect(new Set(heard.map(({ headers }) => headers['x-kong-privatelink-delivery'])).size).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('with a redirect causes a warning, and the redirect is not followed', async () => {
    const port = await startHook(answering(302, { location: 'http://127.0.0.1:9/other?token=x' }));

    await tell(`http://127.0.0.1:${port}/hook?key=querysecret`);

    expect(heard).toHaveLength(1);
    expect(warnings).toEqual([
      `the webhook http://127.0.0.1:${port}/hook was not told of halt (stage canary, revision aaaaaaaaaaaa): it redirects to http://127.0.0.1:9/other; write the address of the redirect in rollout.notify.url: redirects are not followed`,
    ]);
  });

  it.each([
    ['slowly', (_: unknown, response: Parameters<RequestListener>[1]) => void response.writeHead(200).write('a')],
    [
      'without end',
      (_: unknown, response: Parameters<RequestListener>[1]) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('%s is done once its status is known, and the connection is closed', async (_, answer) => {
    const port = await startHook(answer);

    await tell(`http://127.0.0.1:${port}/`);

    expect(heard).toHaveLength(1);
    expect(warnings).toEqual([]);
    await until('it is hung up on', () => sockets.size === 0);
  });

  it('behind a proxy is called through the proxy', async () => {
    const port = await startHook(answering(200));
    const proxy = await startProxy({ 'hooks.test': port });
    process.env.HTTP_PROXY = proxy.url;
    closing.push(proxy.close, () => delete process.env.HTTP_PROXY);

    await tell('http://hooks.test/');

    expect(proxy.asked).toEqual(['hooks.test:80']);
    expect(heard).toHaveLength(1);
  });
});

describe('a webhook that does not answer', () => {
  const silent = () => createTcpServer((socket) => void socket.resume());
  const dripping = () =>
    createTcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write('x'), 1);
      socket.on('close', () => clearInterval(timer));
    });
  const hinting = () =>
    createTcpServer((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 1);
      socket.on('close', () => clearInterval(timer));
    });

  it.each([
    ['is silent', silent, /no answer: nothing came within 0\.2 s \(tried 5 times\); check that/],
    ['never ends its headers', dripping, /no answer: .* \(tried 5 times\); check that/],
    ['hints for ever', hinting, /no answer: nothing came within 0\.2 s \(tried 5 times\); check that/],
  ])('because it %s is tried five times', async (_, server, said) => {
    const port = await listen(server());

    await tell(`http://127.0.0.1:${port}/hook?key=querysecret`, { timeoutMs: 200 });

    expect(warnings).toEqual([expect.stringMatching(said)]);
    expect(warnings[0]).not.toContain('querysecret');
    await until('all is hung up', () => sockets.size === 0);
  });

  it.each([
    ['hangs up', () => createTcpServer((socket) => void socket.on('data', () => socket.destroy()))],
    ['speaks something else', () => createTcpServer((socket) => void socket.end('\u0000\u001b[31mSSH-2.0\r\n'))],
  ])('because it %s is tried five times, and its answer forges no line', async (_, server) => {
    const port = await listen(server());

    await tell(`http://127.0.0.1:${port}/`);

    expect(warnings).toEqual([expect.stringMatching(/^the webhook [ -~]*: no answer: [ -~]* \(tried 5 times\); /)]);
  });

  it('because no server listens is tried five times', async () => {
    const server = createTcpServer();
    const port = await listenOn(server);
    server.close();
    await once(server, 'close');

    await tell(`http://127.0.0.1:${port}/`);

    expect(warnings).toEqual([
      expect.stringMatching(/ECONNREFUSED.* \(tried 5 times\); check that rollout\.notify\.url/),
    ]);
  });

  it('because its certificate has an unknown authority is reported at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const { cert, key } = createAuthority(folder).issue('hook', ['127.0.0.1']);
    const front = await startTlsFront({ cert, key }, await startHook(answering(200)));
    closing.push(front.close);

    await tell(`https://127.0.0.1:${front.port}/`);

    expect(heard).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /no answer: .*unable to [^;]*; name its authority \(a file in PEM\) in NODE_EXTRA_CA_CERTS/,
      ),
    ]);
  });

  it('lets the process end after the last try', async () => {
    const port = await listen(silent());
    const script = `
      const { createNotifier } = require('./dist/sync/rollout/notify/notifier.js');
      const { systemClock } = require('./dist/io/clock.js');
      const config = { url: 'http://127.0.0.1:${port}/', secret: 's' };
      const notifier = createNotifier(config, { owner: 'team', clock: systemClock, onWarning: console.log });
      notifier.notify({ event: 'end', revision: 'aaaaaaaaaaaa' });
      const stopping = new AbortController();
      notifier.drain(stopping.signal);
      setImmediate(() => stopping.abort());`;

    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: packageRoot });

    expect(stdout).toMatch(/^the webhook .*: the process ended before the webhook answered; /);
  });
});
