import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  estate.addEndpoint('sd3', ['10.0.1.12']);
  estate.configure(
    `${defaultConfig(estate)}domains: { sd2: { plugins: [{ name: key-auth }], healthcheck: { path: /ok } } }\n`,
  );
  await estate.run('sync');
});

afterEach(() => estate.close());

/** Somebody with a role in Konnect can write tags by hand. */
function tagByHand(service: string, ...tags: readonly string[]): void {
  const found = estate.konnect.entities('prod', 'services').find((one) => one.name === service);
  Object.assign(found ?? {}, { tags: ['kong-privatelink', 'owner:test', ...tags] });
}

function names(kind: 'services' | 'routes' | 'plugins' | 'targets'): readonly string[] {
  return estate.konnect
    .entities('prod', kind)
    .map((one) => String(one.name ?? one.target))
    .sort();
}

const tagsOf = (service: string) =>
  estate.konnect.entities('prod', 'services').find((one) => one.name === service)?.tags;

async function history() {
  const { out } = await estate.run('history', '--json');
  return JSON.parse(out) as { runs: string; warnings: string[]; history: { revision: string }[] };
}

describe('a pin tag that a person wrote by hand', () => {
  it('fm-68 rolls nothing back, even to a kept revision: configuration stays, and targets are updated', async () => {
    const before = await history();
    tagByHand('sd2', `pinned:${before.history.at(-1)?.revision}`);
    estate.addEndpoint('sd2', ['10.0.1.77']);

    const { exitCode, out } = await estate.run('sync');

    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
    expect(out).toContain('stateDir does not know the pin: its configuration stays as it is, until rollback names');
    expect([names('services'), names('plugins')]).toEqual([['sd2', 'sd3'], ['key-auth']]);
    expect(names('targets')).toContain('10.0.1.77:80');
    expect(await history()).toEqual(before);
  });

  it('has effect once, if there are two, and newest ends both', async () => {
    tagByHand('sd2', 'pinned:ffffffffffff');
    tagByHand('sd3', 'pinned:000000000000');

    const { out } = await estate.run('diff');
    const newest = await estate.run('rollback', 'newest', '--now');
    const again = await estate.run('diff');

    expect(out).toContain('pinned to revision 000000000000;');
    expect([newest.exitCode, again.exitCode, again.out.includes('pinned')]).toEqual([0, 0, false]);
    expect([tagsOf('sd2'), tagsOf('sd3')]).toEqual([
      ['kong-privatelink', 'owner:test'],
      ['kong-privatelink', 'owner:test'],
    ]);
  });

  it.each([
    ['a word', 'pinned:production'],
    ['nothing', 'pinned:'],
    ['a path', 'pinned:/../../../../tmp/x'],
    ['control characters of a terminal', 'pinned:\u001b[2J\u0007\n::error::x'],
    ['a name of every object', 'pinned:__proto__'],
  ])('is no pin where it names %s instead of a revision, and sync removes it', async (_, tag) => {
    const before = await history();
    tagByHand('sd2', tag);

    const plan = await estate.run('diff', '--json');
    const { exitCode } = await estate.run('sync');

    expect([plan.exitCode, exitCode]).toEqual([2, 0]);
    expect(JSON.parse(plan.out).pinned).toBeUndefined();
    expect(tagsOf('sd2')).toEqual(['kong-privatelink', 'owner:test']);
    expect(await history()).toEqual(before);
  });
});
