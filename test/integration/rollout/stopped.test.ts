import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#sync/pass/version';
import { keysOf } from '../../support/aws/keys';
import { type Estate, gatewayAccount, openEstate, stagedConfig, stageOf } from '../../support/estate';

const names = ['canary', 'blue'] as const;
const cli = join(packageRoot, 'dist/sync/cli/cli.js');

let estate: Estate;
let gateways: Server;
let nodes: NodeJS.Timeout;
let onRefused: () => void;

beforeEach(async () => {
  onRefused = () => {};
  estate = await openEstate(names.map((name) => ({ name })));
  estate.addEndpoint('sd2', ['10.0.1.11']);
  gateways = createServer(({ url = '' }, response) => {
    const isBroken = pluginsOf(url.slice(1)).includes('request-termination');
    response.writeHead(isBroken ? 503 : 200).end();
    if (isBroken) onRefused();
  });
  await new Promise<void>((resolve) => gateways.listen(0, '127.0.0.1', resolve));
  const report = (name: string) =>
    estate.konnect.reportNode(name, { id: name, hostname: name, configHash: estate.konnect.configHash(name) });
  nodes = setInterval(() => names.forEach(report), 20);
  use([]);
  await estate.run('rollout');
});

afterEach(async () => {
  clearInterval(nodes);
  gateways.closeAllConnections();
  await new Promise((resolve) => gateways.close(resolve));
  await estate.close();
});

const pluginsOf = (stage: string) => estate.konnect.entities(stage, 'plugins').map((one) => String(one.name));
const inEach = () => names.map(pluginsOf);

function use(plugins: readonly object[]): void {
  const { port } = gateways.address() as AddressInfo;
  const requests = [{ url: `http://127.0.0.1:${port}/{stage}`, perSecond: 20 }];
  const rollout = { settleSeconds: 60, bakeSeconds: 1, gates: { requests } };
  const stages = names.map((name) => stageOf(estate, name));
  const parts = { rollout, domains: { sd2: { plugins } } };
  const texts = Object.entries(parts).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  estate.configure(`${stagedConfig(estate, stages)}${texts.join('')}`);
}

const good = [{ name: 'rate-limiting', config: { minute: 1_000, policy: 'local' } }];
const bad = [{ name: 'request-termination', config: { status_code: 503 } }];

type Moment = 'it writes' | RegExp | 'its gate fails';

/** Runs `rollout` as a process, and ends it so at that moment. */
async function stopAt(moment: Moment, signal: NodeJS.Signals): Promise<void> {
  const env = { PATH: process.env.PATH, ...keysOf(gatewayAccount), ...estate.env };
  const child = spawn(process.execPath, [cli, 'rollout'], {
    cwd: estate.folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = () => void child.kill(signal);
  const { length } = estate.konnect.calls;
  const isWriting = () =>
    estate.konnect.calls.slice(length).some(({ method }) => method === 'PUT' || method === 'POST');
  const looking = setInterval(() => {
    if (moment === 'it writes' && isWriting()) stop();
  }, 1);
  if (moment === 'its gate fails') onRefused = stop;
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
    if (moment instanceof RegExp && moment.test(told)) stop();
  });
  await once(child, 'close');
  clearInterval(looking);
  onRefused = () => {};
}

const signals = ['SIGTERM', 'SIGKILL'] as const;
const moments: readonly Moment[] = [
  'it writes',
  /stage canary: settling/,
  /stage canary: baking/,
  /stage blue: settling/,
];

describe('a rollout that is stopped', () => {
  it.each(signals.flatMap((signal) => moments.map((moment) => [signal, moment] as const)))(
    'by %s when %s, goes to its end in the next process, and passes nobody over',
    async (signal, moment) => {
      use(good);

      await stopAt(moment, signal);
      const [canary, blue] = inEach();
      const { exitCode } = await estate.run('rollout');

      expect(blue?.length ?? 0).toBeLessThanOrEqual(canary?.length ?? 0);
      expect([exitCode, inEach()]).toEqual([0, [['rate-limiting'], ['rate-limiting']]]);
    },
  );

  it.each(signals)('by %s when its gate fails, goes back in the next process', async (signal) => {
    use(bad);

    await stopAt('its gate fails', signal);
    const { exitCode } = await estate.run('rollout');

    expect([exitCode, inEach()]).toEqual([3, [[], []]]);
  });
});
