import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#sync/pass/version';
import { keysOf } from '../../support/aws/keys';
import { gatewayAccount } from '../../support/estate';
import { bad, good, openStagedEstate, type StagedEstate } from '../../support/rollout/staged-estate';

const names = ['canary', 'blue'] as const;
const cli = join(packageRoot, 'dist/sync/cli/cli.js');

let estate: StagedEstate;

beforeEach(async () => {
  estate = await openStagedEstate(names);
  use([]);
  await estate.run('rollout');
});

afterEach(() => estate.close());

const inEach = () => names.map(estate.pluginsOf);
const use = (plugins: readonly object[]) => estate.use(plugins, { settleSeconds: 60 });

type Moment = 'it writes' | RegExp | 'its gate fails';

/** Runs `rollout` as a process, and stops it in this way at this moment. */
async function stopAt(moment: Moment, signal: NodeJS.Signals): Promise<void> {
  const env = { PATH: process.env.PATH, ...keysOf(gatewayAccount), ...estate.env };
  const child = spawn(process.execPath, [cli, 'rollout'], {
    cwd: estate.folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // A second signal would not wait.
  const stop = () => child.killed || child.kill(signal);
  const { length } = estate.konnect.calls;
  const isRefused = () => estate.asked.at(-1)?.status === 503;
  const isWriting = () =>
    estate.konnect.calls.slice(length).some(({ method }) => method === 'PUT' || method === 'POST');
  const looking = setInterval(() => {
    if ((moment === 'it writes' && isWriting()) || (moment === 'its gate fails' && isRefused())) stop();
  }, 1);
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
    if (moment instanceof RegExp && moment.test(told)) stop();
  });
  await once(child, 'close');
  clearInterval(looking);
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
    'by %s when %s, finishes in the next process, and skips no stage',
    async (signal, moment) => {
      use(good);

      await stopAt(moment, signal);
      const [canary, blue] = inEach();
      const { exitCode } = await estate.run('rollout');

      expect(blue?.length ?? 0).toBeLessThanOrEqual(canary?.length ?? 0);
      expect([exitCode, inEach()]).toEqual([0, [['rate-limiting'], ['rate-limiting']]]);
    },
  );

  it.each(signals)('by %s when its gate fails, rolls back in the next process', async (signal) => {
    use(bad);

    await stopAt('its gate fails', signal);
    const { exitCode } = await estate.run('rollout');

    expect([exitCode, inEach()]).toEqual([3, [[], []]]);
  });
});
