import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { main } from '#sync/cli/main';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';

const names = ['canary', 'eu', 'us'];

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate(names.map((name) => ({ name })));
  estate.configure(
    stagedConfig(
      estate,
      names.map((name) => stageOf(estate, name)),
    ),
  );
  const endpoint = estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  estate.world.setTags(endpoint, {});
});

afterEach(() => estate.close());

const services = () => names.map((name) => estate.konnect.entities(name, 'services').length);
const stagesOf = (out: string): readonly Record<string, unknown>[] => JSON.parse(out).stages;

/** Adds a foreign plugin to the service of one stage. Retiring this stage then fails. */
function hangOn(name: string): void {
  const [service] = estate.konnect.entities(name, 'services');
  estate.konnect.seed(name, 'plugins', { name: 'key-auth', config: {}, service: { id: service?.id ?? '' } });
}

/**
 * Retires with a person at the terminal who gives these answers; returns the output and the
 * questions, in order.
 */
async function answering(...answers: readonly boolean[]) {
  const told: string[] = [];
  const left = [...answers];
  const terminal = {
    env: estate.env,
    out: (text: string) => void told.push(text),
    err: (text: string) => void told.push(text),
    isTerminal: false,
    confirm: async (question: string) => {
      told.push(`${question}\n`);
      return left.shift() ?? false;
    },
  };
  const argv = ['retire', 'sd2', '-c', join(estate.folder, 'kong-privatelink.yaml')];
  const exitCode = await main(argv, { terminal, signal: new AbortController().signal });
  return { exitCode, told: told.join('') };
}

it('retire asks for each stage in order, and shows each result before the next question', async () => {
  const { exitCode, told } = await answering(true, false, true);

  expect({ exitCode, services: services() }).toEqual({ exitCode: 3, services: [0, 1, 0] });
  const landmarks = /^Stage \w+|^Remove domain sd2 from \w+\?|Domain sd2 is retired|Nothing was removed/gm;
  expect(told.match(landmarks)).toEqual([
    'Stage canary',
    'Remove domain sd2 from canary?',
    'Domain sd2 is retired',
    'Stage eu',
    'Remove domain sd2 from eu?',
    'Nothing was removed',
    'Stage us',
    'Remove domain sd2 from us?',
    'Domain sd2 is retired',
  ]);
});

it('retire goes on with the other stages when one stage refuses', async () => {
  hangOn('eu');

  const { exitCode, out } = await estate.run('retire', 'sd2', '--yes', '--json');

  expect({ exitCode, services: services() }).toEqual({ exitCode: 3, services: [0, 1, 0] });
  expect(stagesOf(out).map(({ stage, refused }) => [stage, typeof refused])).toEqual([
    ['canary', 'undefined'],
    ['eu', 'string'],
    ['us', 'undefined'],
  ]);
});

it('retire succeeds when a stage has the domain, and names the stages without it', async () => {
  await estate.run('retire', 'sd2', '--yes', '--stage', 'canary');

  const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

  expect({ exitCode, services: services() }).toEqual({ exitCode: 0, services: [0, 0, 0] });
  expect(out.match(/^Stage \w+|Domain sd2 is retired|Nothing was removed/gm)).toEqual([
    'Stage canary',
    'Nothing was removed',
    'Stage eu',
    'Domain sd2 is retired',
    'Stage us',
    'Domain sd2 is retired',
  ]);
});

it('retire asks no question with --json, and refuses in each stage', async () => {
  const { exitCode, out } = await estate.run('retire', 'sd2', '--json');

  expect({ exitCode, services: services() }).toEqual({ exitCode: 3, services: [1, 1, 1] });
  expect(stagesOf(out).map(({ refused }) => refused)).toEqual(names.map(() => expect.stringContaining('--yes')));
});

it('retire reads AWS once for all stages', async () => {
  const before = estate.aws.calls.length;

  await estate.run('retire', 'sd2', '--yes', '--stage', 'canary');
  const forOne = estate.aws.calls.length - before;
  await estate.run('retire', 'sd2', '--yes');

  expect(estate.aws.calls.length - before).toBe(2 * forOne);
});
