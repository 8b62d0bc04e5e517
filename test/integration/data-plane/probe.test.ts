import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { probeTarget } from '#data-plane/probes/probe';
import type { ProbeSettings } from '#data-plane/probes/probe-settings';
import type { Choice } from '#data-plane/reach/resolve';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function probe(port: number, over: Partial<ProbeSettings> = {}, signal = new AbortController().signal) {
  const place = { ip: '127.0.0.1', port, host: 'api.example:8080', region: 'us-east-1' };
  const choice: Choice = { ...place, weight: 1, endpointId: 'vpce-1', scopeId: 'hub.self.us-east-1' };
  const settings: ProbeSettings = { kind: 'tcp', path: '/', intervalMs: 9_000, timeoutMs: 4_500, fall: 1, rise: 1 };
  return probeTarget(choice, { ...settings, ...over }, signal);
}

/** Accepts connections, and never answers. */
function silent(): Server {
  return createServer((socket) => socket.on('error', () => {}).resume());
}

/** A port on which no server listens any more. */
async function closedPort(): Promise<number> {
  const server = silent();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A certificate of no known authority. */
function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const files = ['-subj', '/CN=other.example', '-out', cert, '-keyout', key];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' });
  const made = { cert: readFileSync(cert), key: readFileSync(key) };
  rmSync(folder, { recursive: true });
  return made;
}

/** Probes a port of its own in a process without free file descriptors, and prints the result. */
const withoutDescriptors = `
const { probeTarget } = require(process.argv[1]);
const { openSync } = require('node:fs');
const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  const choice = { ip: '127.0.0.1', port: server.address().port, host: 'api.example' };
  const settings = (kind) => ({ kind, path: '/', timeoutMs: 30_000 });
  const signal = new AbortController().signal;
  try { for (;;) openSync('/dev/null'); } catch {}
  const probes = ['tcp', 'http'].map((kind) => probeTarget(choice, settings(kind), signal));
  void Promise.all(probes).then((all) => process.stdout.write(all.map(String).join(' '), () => process.exit()));
});`;

describe('probeTarget', () => {
  it('judges no target while this process has no file descriptor left', () => {
    const compiled = resolve(__dirname, '../../../dist/data-plane/probes/probe.js');
    const command = 'ulimit -n 64 && exec "$0" "$@"';

    const said = execFileSync('sh', ['-c', command, process.execPath, '-e', withoutDescriptors, compiled]).toString();

    expect(said).toBe('undefined undefined');
  });

  it('judges a target by whether it accepts a connection, with tcp', async () => {
    expect(await probe(await listen(silent()))).toBe(true);
    expect(await probe(await closedPort())).toBe(false);
  });

  it.each([
    [200, true],
    [301, true],
    [404, false],
    [503, false],
  ])('judges an answer with status %d with http', async (status, expected) => {
    const asked: unknown[] = [];
    const port = await listen(
      createHttp((request, response) => {
        asked.push([request.method, request.url, request.headers.host]);
        response.writeHead(status).end();
      }),
    );

    expect(await probe(port, { kind: 'http', path: '/healthz' })).toBe(expected);
    expect(asked).toEqual([['GET', '/healthz', 'api.example:8080']]);
  });

  it.each(['http', 'https'] as const)('gives up a target that accepts and does not answer %s in time', async (kind) => {
    expect(await probe(await listen(silent()), { kind, timeoutMs: 20 })).toBe(false);
  });

  it('asks with https for the name of the host, and accepts any certificate', async () => {
    const asked: unknown[] = [];
    const onName = (name: string, done: (error: null) => void) => {
      asked.push(name);
      done(null);
    };
    const server = createHttps({ ...selfSigned(), SNICallback: onName }, (request, response) => {
      asked.push(request.url, request.headers.host);
      response.end();
    });

    expect(await probe(await listen(server), { kind: 'https', path: '/healthz' })).toBe(true);
    expect(asked).toEqual(['api.example', '/healthz', 'api.example:8080']);
  });

  it('fails with https where the target does not speak TLS', async () => {
    const port = await listen(createHttp((_, response) => response.end()));

    expect(await probe(port, { kind: 'https' })).toBe(false);
  });

  it.each(['tcp', 'http', 'https'] as const)(
    'fails, and throws nothing, with %s and an impossible port',
    async (kind) => {
      expect(await probe(70_000, { kind })).toBe(false);
    },
  );

  it('ends at once when it is aborted', async () => {
    const end = new AbortController();
    const answer = probe(await listen(silent()), { kind: 'http' }, end.signal);

    end.abort();

    expect(await answer).toBe(false);
  });

  it('accepts a connection that came in time, although the event loop was blocked for longer', async () => {
    const port = await listen(silent());
    const answer = probe(port, { timeoutMs: 5 });
    const untilMs = performance.now() + 50;
    while (performance.now() < untilMs);

    expect(await answer).toBe(true);
  });
});
