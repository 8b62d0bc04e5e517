import { Resolver } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { AdoptableView, AdoptView } from '#sync/adopt/told/view';
import { type AdoptCase, adoptCases, allScopes } from '../../support/adopt/cases';
import { corpusPath } from '../../support/adopt/corpus';
import { flagsOfDiff, linesOfAdoption, linesOfDiff } from '../../support/adopt/deck-diff';
import { configurationOf, makeEndpoints } from '../../support/adopt/estate';
import { describeWithDeck, runDeck } from '../../support/control-planes/deck';
import { type Estate, openEstate } from '../../support/estate';

const adopted = Object.entries(adoptCases).filter(([, { expected }]) =>
  Object.values(expected).some(({ tags }) => tags),
);

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await estate.close();
});

describeWithDeck('adopt, checked by decK', () => {
  it.each(adopted)(
    'changes only tags, the new upstream and the host, and --release restores them: %s',
    async (_, given) => {
      await seed(given);
      const before = await dump('before.yaml');
      const ports = portsOfServices();
      const view = await look(given);
      for (const [id, tags] of view.adoptable.flatMap((one) => (one.refused ? [] : Object.entries(one.tags))))
        estate.world.setTags(id, { ...estate.world.endpoint(id)?.tags, ...tags });

      const taken = view.adoptable.filter((one) => !one.refused);
      for (const one of taken) await apply(one, given);

      const lines = taken.flatMap((adoptable) => {
        const port = ports.get(adoptable.service.id) ?? 0;
        return linesOfAdoption({ adoptable, port, families: familiesOf(given) });
      });
      const diff = await deck('diff', join(estate.folder, 'before.yaml'), ...flagsOfDiff);
      expect(linesOfDiff(diff)).toEqual(lines.sort());
      await expectNothingToSync();

      for (const { domain } of taken)
        expect(await run('adopt', '--release', domain, '--yes')).toMatchObject({ exitCode: 0 });
      expect(await dump('after.yaml')).toBe(before);
    },
  );
});

/** The control plane as decK makes it, AWS's endpoints, and DNS answers for other names. */
async function seed({ file, scopes = allScopes, resolved = {} }: AdoptCase): Promise<void> {
  makeEndpoints(estate.world, scopes);
  jest.spyOn(Resolver.prototype, 'resolve4').mockImplementation((async (name: string) => {
    const ips = resolved[name];
    if (Array.isArray(ips)) return ips.map((address) => ({ address, ttl: 60 }));
    throw Object.assign(new Error(`nobody knows ${name}`), { code: 'ENOTFOUND' });
  }) as never);
  const path = join(estate.folder, 'corpus.yaml');
  writeFileSync(path, textToSeed(file));
  await deck('sync', path);
}

/**
 * A corpus file without parts that decK or Konnect's stand-in refuses: a service without name or
 * id, spaces in names, keys of consumers.
 */
function textToSeed(file: string): string {
  return readFileSync(corpusPath(file), 'utf8')
    .replace('- host:', '- id: 0b4f8f0e-6a1c-4e3a-9a55-0e6a6f5f2c11\n  host:')
    .replace('"Orders API (v2)"', 'Orders_API.v2~')
    .replace('"orders api"', 'orders_api')
    .replace(/, keyauth_credentials: \[.*?\] \}/, ' }');
}

/** Runs `deck gateway`; gives what it prints. */
async function deck(verb: string, ...argv: readonly string[]): Promise<string> {
  const env = {
    DECK_KONNECT_ADDR: estate.konnect.url,
    DECK_KONNECT_TOKEN: estate.env.KONNECT_TOKEN ?? '',
    DECK_KONNECT_CONTROL_PLANE_NAME: 'prod',
  };
  const { exitCode, out, err } = await runDeck(['gateway', verb, ...argv], env);
  expect({ verb, exitCode, err }).toEqual({ verb, exitCode: 0, err: '' });
  return out;
}

/** All that the control plane holds, with ids. */
async function dump(name: string): Promise<string> {
  const path = join(estate.folder, name);
  await deck('dump', '--with-id', '-o', path);
  return readFileSync(path, 'utf8');
}

function portsOfServices(): ReadonlyMap<string, number> {
  return new Map(estate.konnect.entities('prod', 'services').map(({ id, port }) => [String(id), Number(port)]));
}

function familiesOf({ scopes = allScopes }: AdoptCase): readonly string[] | undefined {
  return scopes
    .flatMap((one) => (one.status === 'known' ? one.endpoints : []))
    .find(({ allow }) => allow.addressFamilies)?.allow.addressFamilies;
}

const run = (...argv: readonly string[]) => estate.run(...argv);

function flagsOf({ names = {}, selectTags = [] }: AdoptCase): readonly string[] {
  return [
    ...Object.entries(names).flatMap(([service, domain]) => ['--domain', `${service}=${domain}`]),
    ...selectTags.flatMap((tag) => ['--select-tag', tag]),
  ];
}

/**
 * `adopt`'s report before anything is taken over. Afterwards the configuration includes the written
 * file.
 */
async function look(given: AdoptCase): Promise<AdoptView> {
  const config = configurationOf(estate, given.scopes ?? allScopes);
  estate.configure(JSON.stringify(config));
  const { exitCode, out } = await run('adopt', '--json', ...flagsOf(given));
  expect({ exitCode, out }).toMatchObject({ exitCode: 2 });
  estate.configure(JSON.stringify({ ...config, include: ['adopted.yaml'] }));
  return JSON.parse(out);
}

async function apply({ domain, differences }: AdoptableView, given: AdoptCase): Promise<void> {
  const overrides = [...new Set(differences.map(({ entity }) => entity))].flatMap((one) => ['--override', one]);
  const result = await run('adopt', '--apply', domain, '--yes', ...overrides, ...flagsOf(given));
  expect(result).toMatchObject({ exitCode: 0, out: expect.stringContaining('is taken over') });
}

async function expectNothingToSync(): Promise<void> {
  const written = () => estate.konnect.calls.filter(({ method }) => method !== 'GET').length;
  const before = written();
  const { exitCode, out } = await run('sync', '--json');
  expect({ exitCode, report: JSON.parse(out) }).toMatchObject({ exitCode: 0, report: { changes: [] } });
  expect(written()).toBe(before);
}
