import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '#config/schema';
import { startWatchServer, type WatchServer } from '#sync/watch/server';
import { textOf } from '../../support/documents/pages';
import { type Authority, type Certificate, createAuthority } from '../../support/network/certificates';

const [, recipes = ''] = /^## Probes and scrapes$(.*)/ms.exec(textOf('docs/worker.md')) ?? [];
const blocks = [...recipes.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, kind = '', text = '']) => ({ kind, text }));
const blockWith = (word: string) => blocks.find(({ text }) => text.includes(word))?.text ?? '';
const token = 'token-of-the-recipes';

let folder: string;
let authority: Authority;
let certificate: Certificate;
let server: WatchServer;
let isAlive = true;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  authority = createAuthority(folder);
  certificate = authority.issue('worker', ['worker.corp.example']);
  const { watch } = configSchema
    .pick({ watch: true })
    .parse(parse(blockWith('listen:').replace(`\${WATCH_TOKEN}`, token)));
  // The recipe listens on all addresses.
  const listen = watch.listen.replace('0.0.0.0:9543', '127.0.0.1:0');
  const tls = { cert: certificate.certFile, key: certificate.keyFile };
  const state = {
    isReady: () => isAlive,
    details: () => 'wrong\n',
    metrics: () => 'up 1\n',
    snapshot: () => undefined,
  };
  server = await startWatchServer({ ...watch, listen, tls }, { ...state, isAlive: () => isAlive });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Probes while the loop is alive, and while the loop is stuck. */
async function whileAliveAndStuck<T>(ask: () => Promise<T>): Promise<readonly [T, T]> {
  const alive = await ask();
  isAlive = false;
  const stuck = await ask();
  isAlive = true;
  return [alive, stuck];
}

/** Probes as kubelets and load balancers do: they accept any certificate, and send no token. */
async function probe(path: string): Promise<readonly [number, string]> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const { statusCode, body } = await request(`${server.address}${path}`, { dispatcher });
  const said = await body.text();
  await dispatcher.close();
  return [statusCode, said];
}

const httpGet = z.object({
  httpGet: z.object({ path: z.string(), port: z.literal('watch'), scheme: z.literal('HTTPS') }),
});
const container = z.object({
  ports: z.tuple([z.object({ name: z.literal('watch'), containerPort: z.literal(9543) })]),
  livenessProbe: httpGet,
  readinessProbe: httpGet,
});

describe('the recipes for probes', () => {
  it('let a kubelet restart a stuck worker', async () => {
    const { livenessProbe, readinessProbe } = container.parse(parse(blockWith('livenessProbe')));

    for (const { path } of [livenessProbe.httpGet, readinessProbe.httpGet]) {
      expect(await whileAliveAndStuck(() => probe(path))).toEqual([
        [200, 'ok\n'],
        [503, 'not ok\n'],
      ]);
    }
  });

  it('let ECS find a stuck worker unhealthy, from inside the container', async () => {
    const task = z.object({ healthCheck: z.object({ command: z.tuple([z.literal('CMD-SHELL'), z.string()]) }) });
    const [, command] = task.parse(JSON.parse(blockWith('healthCheck'))).healthCheck.command;
    const run = async () => {
      const here = command.replace('https://127.0.0.1:9543', server.address);
      const child = spawn('sh', ['-c', here], { stdio: 'ignore', env: { PATH: process.env.PATH } });
      const [code] = await once(child, 'exit');
      return code;
    };

    expect(await whileAliveAndStuck(run)).toEqual([0, 1]);
  });

  it('let a load balancer send nothing to a worker that is not ready', async () => {
    const [, path = ''] = /--health-check-path (\S+)/.exec(blockWith('create-target-group')) ?? [];

    expect((await whileAliveAndStuck(() => probe(path))).map(([status]) => status)).toEqual([200, 503]);
  });

  it('let Prometheus scrape with token, authority and name', async () => {
    const config = z.object({
      scrape_configs: z.tuple([
        z.object({
          scheme: z.literal('https'),
          authorization: z.strictObject({ credentials_file: z.string() }),
          tls_config: z.strictObject({ ca_file: z.string(), server_name: z.string() }),
        }),
      ]),
    });
    const [{ tls_config }] = config.parse(parse(blockWith('scrape_configs'))).scrape_configs;
    const connect = { ca: authority.cert, servername: tls_config.server_name };
    const dispatcher = new Agent({ connect });
    const scrape = async (headers: Readonly<Record<string, string>>) => {
      const { statusCode, body } = await request(`${server.address}/metrics`, { dispatcher, headers });
      return [statusCode, await body.text()];
    };
    writeFileSync(join(folder, 'token'), `${token}\n`);
    const bearer = readFileSync(join(folder, 'token'), 'utf8').trim();

    const answers = [await scrape({ authorization: `Bearer ${bearer}` }), await scrape({})];
    await dispatcher.close();

    expect(answers).toEqual([
      [200, 'up 1\n'],
      [401, 'unauthorized\n'],
    ]);
  });
});
