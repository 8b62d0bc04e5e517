import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { formatTable } from '#io/table';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { type Gateway, startGateway } from '#sandbox/gateway/gateway';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { type Loopback, openLoopback } from '#sandbox/network/loopback';
import { type Provider, startProvider } from '#sandbox/network/providers';
import { reportBench } from './support/report';

/**
 * Time from an endpoint's recreation to the first request on its new address, by polling: `sync
 * --watch` over the sandbox, sample after sample.
 */
const sampleCount = 5;
const intervalSeconds = 5;
const marginMs = 2_000;
const deadlineMs = 30_000;
const pollMs = 2;
const region = 'us-east-1';
const zoneId = 'use1-az1';
const account = '222222222222';
const controlPlane = 'prod';
const token = 'kpat_bench';

/**
 * The awaited parts in order. Each lasts from the end of the one before; the first from the
 * recreation.
 */
const parts = ['discovery', 'plan', 'apply', 'data plane', 'first request'] as const;
type Sample = { readonly totalMs: number; readonly partsMs: readonly number[] };

type Stage = {
  readonly world: AwsWorld;
  readonly aws: AwsServer;
  readonly konnect: Konnect;
  readonly gateway: Gateway;
  readonly loopback: Loopback;
  readonly providers: Provider[];
};

async function bench(): Promise<void> {
  const stage = await openStage();
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-bench-'));
  const worker = startWatch(folder, stage);
  try {
    const samples: Sample[] = [];
    let endpointId = await connectFirst(stage);
    for (let count = 0; count < sampleCount; count += 1) {
      const provider = await provideAt(stage);
      const followed = await follow(stage, endpointId, provider);
      endpointId = followed.endpointId;
      samples.push(followed.sample);
    }
    tell(samples);
  } finally {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await stage.gateway.close();
    await Promise.all([...stage.providers, stage.aws, stage.konnect].map((one) => one.close()));
    rmSync(folder, { recursive: true });
  }
}

async function openStage(): Promise<Stage> {
  const world = createWorld();
  const [aws, konnect, loopback] = await Promise.all([
    startAws(world),
    startKonnect({ controlPlanes: [{ name: controlPlane }], token }),
    openLoopback(),
  ]);
  const gateway = await startGateway({
    controlPlane: { address: konnect.url, name: controlPlane, token },
    zoneId,
    reportNode: (node) => konnect.reportNode(controlPlane, node),
  });
  return { world, aws, konnect, gateway, loopback, providers: [] };
}

function startWatch(folder: string, { aws, konnect }: Stage): ChildProcess {
  const config = join(folder, 'kong-privatelink.yaml');
  writeFileSync(
    config,
    `owner: bench
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${aws.url}", allow: { addresses: ["127.0.0.0/8"] } }]
controlPlane: { type: konnect, address: "${konnect.url}", name: ${controlPlane}, token: "\${KONNECT_TOKEN}" }
watch: { intervalSeconds: ${intervalSeconds}, listen: "127.0.0.1:0" }
`,
  );
  const { accessKeyId, secretAccessKey } = credentialsOf(account);
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    KONNECT_TOKEN: token,
  };
  const cli = join(__dirname, '../sync/cli/cli.js');
  return spawn(process.execPath, [cli, 'sync', '--watch', '-c', config], { env, stdio: 'ignore' });
}

/**
 * Starts a provider at an address of its own; on a port of its own where the machine has one
 * address only.
 */
async function provideAt({ loopback, providers }: Stage): Promise<Provider> {
  const port = loopback.isDistinct ? providers[0]?.port : undefined;
  const handle = async () => ({ body: {} });
  const provider = await startProvider({ addresses: loopback.allot(1), port, handle });
  providers.push(provider);
  return provider;
}

const interfacesOf = ({ addresses }: Provider) => addresses.map((ip) => ({ ip, zoneId }));

/** The first endpoint, followed until requests reach it; gives its id. */
async function connectFirst(stage: Stage): Promise<string> {
  const { world } = stage;
  const provider = await provideAt(stage);
  const { name } = world.createService({ account: '333333333333', region });
  const tags = { 'kong:domain': 'sd2', 'kong:port': String(provider.port) };
  const interfaces = interfacesOf(provider);
  const { id } = world.createEndpoint({ account, region, serviceName: name, tags, interfaces });
  await until('a first request', () => isReached(stage, provider));
  return id;
}

/** Recreates the endpoint at the provider's address, and waits for one part after the other. */
async function follow(stage: Stage, endpointId: string, provider: Provider) {
  const { world, aws, konnect, gateway } = stage;
  const targets = () => konnect.entities(controlPlane, 'targets');
  const isCalm = () => targets().length === 1 && gateway.configHash() === konnect.configHash(controlPlane);
  await until('the end of the pass before', isCalm);
  const isRead = aws.calls.length;
  const hash = konnect.configHash(controlPlane);
  const startMs = performance.now();
  const { id } = world.recreateEndpoint(endpointId, { interfaces: interfacesOf(provider) });
  konnect.resetCalls();
  const marks: Readonly<Record<(typeof parts)[number], () => boolean | Promise<boolean>>> = {
    discovery: () => aws.calls.length > isRead,
    plan: () => konnect.calls.some(({ method }) => method !== 'GET'),
    apply: () => targets().some((target) => JSON.stringify(target).includes(provider.addresses[0] ?? '')),
    'data plane': () => gateway.configHash() !== hash,
    'first request': () => isReached(stage, provider),
  };
  const partsMs: number[] = [];
  let beforeMs = startMs;
  for (const part of parts) {
    await until(part, marks[part]);
    partsMs.push(performance.now() - beforeMs);
    beforeMs = performance.now();
  }
  return { endpointId: id, sample: { totalMs: beforeMs - startMs, partsMs } };
}

async function isReached({ gateway }: Stage, provider: Provider): Promise<boolean> {
  const { body } = await request(`${gateway.url}/sd2`);
  await body.dump();
  return provider.requests().length > 0;
}

async function until(what: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + deadlineMs;
  while (!(await isThere())) {
    if (Date.now() > untilMs) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await wait(pollMs);
  }
}

function tell(samples: readonly Sample[]): void {
  const rows = samples.map(({ totalMs, partsMs }) => [...partsMs, totalMs].map((ms) => ms.toFixed(0)));
  process.stdout.write(
    formatTable(
      [...parts, 'total ms'].map((name) => name.toUpperCase()),
      rows,
    ),
  );
  const allowedMs = intervalSeconds * 1_000 + marginMs;
  const goal = {
    what: 'followMs',
    ours: samples.map(({ totalMs }) => Math.round(totalMs)),
    peer: samples.map(() => allowedMs),
  };
  reportBench('follow', { parts, samples }, [goal]);
}

void bench();
