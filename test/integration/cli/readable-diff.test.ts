import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

/** Five changes for each domain: upstream, two targets, service and route. */
function addDomains(count: number): void {
  for (let index = 0; index < count; index += 1)
    estate.addEndpoint(`sd${index}`, [`10.0.1.${index + 1}`, `10.0.2.${index + 1}`]);
}

/** Adds a second scope, which is unknown. */
function configureUnknown(): void {
  const unknown = `{ name: gone, type: cloud-map, regions: [us-east-1], namespace: gone, endpoint: "${estate.aws.url}" }`;
  estate.configure(defaultConfig(estate).replace('sources: [', `sources: [${unknown}, `));
}

describe('a plan of many changes', () => {
  it('is counted by domain, and lists each change on request', async () => {
    addDomains(13);

    const short = await estate.run('diff');
    const long = await estate.run('diff', '--verbose');

    expect(short.out).toContain('sd12    5       0       0');
    expect(short.out).toContain('--verbose lists each change. diff --domain sd0 lists those of one domain.');
    expect(short.out).not.toContain('10.0.1.1:80');
    expect(short.out).toContain('65 to create, 0 to update, 0 to delete');
    expect(long.out.match(/create {2}target/g)).toHaveLength(26);
    expect([short.exitCode, long.exitCode]).toEqual([2, 2]);
  });

  it('covers one domain with --domain, with the exit code of that domain', async () => {
    addDomains(1);
    await estate.run('sync');
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const [same, other] = [
      await estate.run('diff', '--domain', 'sd0'),
      await estate.run('diff', '--domain', 'sd2', '--json'),
    ];

    expect([same.exitCode, other.exitCode]).toEqual([0, 2]);
    expect(same.out).not.toContain('sd2');
    expect(new Set(JSON.parse(other.out).changes.map((one: { domain: string }) => one.domain))).toEqual(
      new Set(['sd2']),
    );
  });

  it('accepts a domain whose only endpoint serves nothing yet', async () => {
    estate.addEndpoint('sd0', ['10.0.1.11'], { state: 'pendingAcceptance' });

    const { exitCode, out } = await estate.run('diff', '--domain', 'sd0');

    expect([exitCode, out]).toEqual([0, 'The control plane is as it should be\n']);
  });

  it('accepts an unknown domain while an unknown scope may hold the domain', async () => {
    configureUnknown();

    const { exitCode, out } = await estate.run('diff', '--domain', 'sd0', '--strict');

    expect([exitCode, out]).toEqual([5, expect.stringContaining('Nothing to change as far as is known')]);
  });

  it.each([
    [
      'a domain of which nothing is known',
      ['--domain', 'gone'],
      '--domain gone: nothing of this domain is discovered or held; kong-privatelink discover',
    ],
    [
      'a plan of one domain',
      ['--domain', 'sd0', '--out', 'plan.json'],
      '--out cannot be given with --domain; leave --domain out',
    ],
  ])('fails with %s', async (_, options, message) => {
    addDomains(1);

    const { exitCode, err } = await estate.run('diff', ...options);

    expect([exitCode, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('the plan of affinity', () => {
  it('names affinity as the reason, and the upstream and weight of each target', async () => {
    estate.configure(`${defaultConfig(estate)}affinity: weighted\n`);
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const created = await estate.run('diff');
    await estate.run('sync');
    estate.configure(`${defaultConfig(estate)}affinity: failover\n`);
    const switched = await estate.run('diff');

    expect(created.out).toMatch(/upstream +use1-az1.sd2.privatelink +affinity: addresses of zone use1-az1 first; Host/);
    expect(created.out).toMatch(
      /10.0.1.11:80 in use1-az1.sd2.privatelink, weight 1000 +affinity: in zone use1-az1; endpoint vpce-/,
    );
    expect(switched.out).toMatch(/update +target +10.0.2.11:80 in use1-az1.sd2.privatelink, weight 100 +affinity: /);
  });
});

describe('sync --dry-run', () => {
  it('shows the planned writes, and writes nothing', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const diff = await estate.run('diff');

    const dry = await estate.run('sync', '--dry-run');

    expect(dry).toEqual(diff);
    expect(estate.konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('shows what an approved plan permits', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const plan = `${estate.folder}/plan.json`;
    await estate.run('diff', '--out', plan);
    estate.addEndpoint('sd3', ['10.0.1.12']);

    const { exitCode, out } = await estate.run('sync', '--dry-run', '--plan', plan);

    expect(exitCode).toBe(2);
    expect(out).toContain('left out upstream sd3.privatelink');
    expect(estate.konnect.entities('prod', 'upstreams')).toEqual([]);
  });

  it('never says that all is well where a plan permits nothing', async () => {
    const endpoint = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd2', ['10.0.1.12']);
    await estate.run('sync');
    const plan = `${estate.folder}/plan.json`;
    await estate.run('diff', '--out', plan);
    const dryRun = () => estate.run('sync', '--dry-run', '--plan', plan);
    estate.addEndpoint('sd2', ['10.0.1.13']);

    const leftOut = await dryRun();
    estate.world.deleteEndpoint(endpoint);
    const refused = await dryRun();

    expect([leftOut.exitCode, refused.exitCode]).toEqual([0, 2]);
    expect(leftOut.out).toMatch(/\nNothing of the approved plan is left to do\n$/);
    expect(refused.out).toMatch(/\nsync would refuse this: 0 to create, 0 to update, 0 to delete\n$/);
  });

  it.each(['--dry-run', '--strict', '--verbose', '--plan=plan.json'])(
    'is refused with --watch, as %s is',
    async (option) => {
      const { exitCode, err } = await estate.run('sync', '--watch', option);

      expect([exitCode, err]).toEqual([
        1,
        expect.stringContaining('works for one pass, and --watch runs pass after pass'),
      ]);
    },
  );
});

describe('--strict', () => {
  it.each([
    ['discover', 5],
    ['diff', 5],
    ['sync', 5],
    ['render', 5],
  ])('makes %s end with 5 after its work where a scope is unknown', async (verb, expected) => {
    configureUnknown();
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const lenient = await estate.run(verb);
    const strict = await estate.run(verb, '--strict');

    expect([lenient.exitCode, strict.exitCode]).toEqual([verb === 'diff' ? 2 : 0, expected]);
  });

  it('counts quarantined endpoints, and ignores endpoints of another gateway', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:gateway': 'another' } });
    const others = await estate.run('discover', '--strict');
    estate.addEndpoint('sd3', ['10.0.1.12'], { tags: { 'kong:port': 'many' } });

    const own = await estate.run('discover', '--strict');

    expect([others.exitCode, own.exitCode]).toEqual([0, 5]);
  });
});
