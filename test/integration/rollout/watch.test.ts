import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';
import { until } from '../../support/until';
import { startScrapedWorker } from '../../support/watch/process';

const names = ['canary', 'blue', 'green'] as const;

type Told = { readonly event: string; readonly stage: string; readonly revision: string };

let estate: Estate;
let server: Server;
let told: Told[];
let isHanging: boolean;
let nodes: NodeJS.Timeout;
let closing: { close(): Promise<void> }[];

beforeEach(async () => {
  [told, isHanging, closing] = [[], false, []];
  estate = await openEstate(names.map((name) => ({ name })));
  estate.addEndpoint('sd2', ['10.0.1.11']);
  // The gateways of all stages, and the webhook.
  server = createServer((asked, response) => {
    const [, stage = ''] = (asked.url ?? '').split('/');
    if (stage === 'hook') void hear(asked, response);
    else response.writeHead(pluginsOf(stage).includes('request-termination') ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A data plane of each control plane runs the expected configuration at once.
  const report = (name: string) =>
    estate.konnect.reportNode(name, { id: name, hostname: name, configHash: estate.konnect.configHash(name) });
  nodes = setInterval(() => names.forEach(report), 20);
});

afterEach(async () => {
  for (const one of closing) await one.close();
  clearInterval(nodes);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await estate.close();
});

async function hear(asked: IncomingMessage, response: ServerResponse): Promise<void> {
  const event = await json(asked);
  if (isHanging) return;
  told.push(event as Told);
  response.end();
}

const pluginsOf = (stage: string) => estate.konnect.entities(stage, 'plugins').map((one) => String(one.name));
const targetsOf = (stage: string) => estate.konnect.entities(stage, 'targets').map((one) => one.target);
const inEach = (of: (stage: string) => unknown) => names.map(of);

type Rollout = { readonly bakeSeconds?: number; readonly approval?: readonly string[] };

function use(plugins: readonly object[], { bakeSeconds = 1, approval = [] }: Rollout = {}): void {
  const { port } = server.address() as AddressInfo;
  const requests = [{ url: `http://127.0.0.1:${port}/{stage}/sd2`, perSecond: 20 }];
  const notify = { url: `http://127.0.0.1:${port}/hook`, secret: 'hook-secret' };
  const rollout = { settleSeconds: 60, bakeSeconds, gates: { requests, approval }, notify };
  const stages = names.map((name) => stageOf(estate, name));
  const parts = { rollout, domains: { sd2: { plugins } }, watch: { intervalSeconds: 1, listen: '127.0.0.1:0' } };
  const texts = Object.entries(parts).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  estate.configure(`${stagedConfig(estate, stages)}${texts.join('')}`);
}

async function startWorker() {
  const worker = await startScrapedWorker(estate);
  closing.push(worker);
  const isAt = (stage: string, step: string) => worker.shows(`rollout_step{step="${step}",stage="${stage}"}`, 1);
  return { ...worker, isAt, areAt: (step: string) => Promise.all(names.map((stage) => isAt(stage, step))) };
}

const good = [{ name: 'rate-limiting', config: { minute: 1_000, policy: 'local' } }];
const bad = [{ name: 'request-termination', config: { status_code: 503 } }];
const eventsOf = () => told.map(({ event, stage }) => `${event} ${stage}`);
const hears = (event: string) => until(`the webhook hears of ${event}`, () => eventsOf().includes(event));

describe('sync --watch with a rollout', () => {
  it('moves a revision from stage to stage, halts at a failed stage, and goes on updating addresses', async () => {
    use([]);
    const worker = await startWorker();
    await hears('end green');
    expect(eventsOf()).toEqual(['start canary', 'start blue', 'start green', 'end green']);
    expect(inEach((stage) => targetsOf(stage).length)).toEqual([1, 1, 1]);
    await worker.areAt('done');
    told.splice(0);

    worker.skipMinute();
    use(bad);
    await hears('rollback canary');
    await Promise.all([worker.isAt('canary', 'back'), worker.isAt('blue', 'waits'), worker.isAt('green', 'waits')]);
    estate.addEndpoint('sd2', ['10.0.1.99']);
    await until('stages that wait follow addresses', () =>
      inEach((stage) => targetsOf(stage).length)
        .join()
        .endsWith('2,2'),
    );

    expect(eventsOf()).toEqual(['start canary', 'halt canary', 'rollback canary']);
    expect(inEach(pluginsOf)).toEqual([[], [], []]);
    const { statusCode, body } = await request(`${worker.address}/readyz`, { reset: true });
    const details = await body.text();
    expect(statusCode).toBe(200);
    expect(details).toMatch(/^stage canary: rollout step=back .*503/m);
    expect(details).toMatch(/^stage green: rollout step=waits .*stage canary rolled back/m);
    expect(await worker.read('rollout_step{step="done",stage="canary"}')).toBe(0);
    expect(await worker.read('rollout_gate_state{gate="requests",kind="fail",stage="canary"}')).toBe(1);
    expect(await worker.read('rollout_gate{gate="requests",stage="canary"}')).toBe(1);
    const of = (message: string) => worker.said(message).map(({ stage, step }) => `${stage} ${step ?? ''}`.trim());
    expect(of('rollout halt')).toEqual(['canary']);
    expect(of('rollout end')).toEqual(['green']);
    const steps = of('rollout');
    expect(steps.filter((one) => one === 'canary baking')).toHaveLength(2);
    expect(steps.filter((one) => one === 'canary back')).toHaveLength(1);
    expect(await worker.stop()).toBe(0);
  });

  it('restarts a trial when its settings change, and waits for no approval after the rollout is removed', async () => {
    use([], { bakeSeconds: 3_600 });
    const worker = await startWorker();
    await worker.isAt('canary', 'baking');
    expect(await worker.read('rollout_until_timestamp_seconds{stage="canary"}')).toBeGreaterThan(Date.now() / 1_000);

    use([], { approval: ['green'] });
    await worker.isAt('green', 'approval');
    expect(eventsOf()).not.toContain('end green');
    expect(inEach((stage) => targetsOf(stage).length)).toEqual([1, 1, 1]);

    estate.configure(
      `${stagedConfig(
        estate,
        names.map((name) => stageOf(estate, name)),
      )}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`,
    );
    await until(
      'it is in no rollout',
      async () => (await worker.read('rollout_step{step="approval",stage="green"}')) === undefined,
    );
    expect(await worker.read('passes_total{stage="green"}')).toBeGreaterThan(0);
  });

  it('ends in the middle of a trial although the webhook hangs, and the next worker goes on', async () => {
    isHanging = true;
    use(good, { bakeSeconds: 3_600 });
    const worker = await startWorker();
    await worker.isAt('canary', 'baking');

    expect(await worker.stop()).toBe(0);
    expect(worker.said('rollout warning')).toMatchObject([
      { reason: expect.stringContaining('was not told of start') },
    ]);
    expect(inEach((stage) => pluginsOf(stage).length)).toEqual([1, 0, 0]);

    isHanging = false;
    use(good);
    await startWorker();
    await hears('end green');
    expect(eventsOf()).toEqual(['start blue', 'start green', 'end green']);
    expect(inEach(pluginsOf)).toEqual([['rate-limiting'], ['rate-limiting'], ['rate-limiting']]);
  });
});
