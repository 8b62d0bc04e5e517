import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

type Listed = { readonly id?: unknown; readonly name?: unknown };

function configure(affinity: string): void {
  estate.configure(`${defaultConfig(estate)}affinity: ${affinity}\n`);
}

function entities(kind: 'upstreams' | 'targets'): readonly Readonly<Record<string, unknown>>[] {
  return [...estate.konnect.entities('prod', kind)];
}

function upstreams(): readonly unknown[] {
  return entities('upstreams')
    .map(({ name }: Listed) => name)
    .sort();
}

/** `address weight`, and `failover` where it is set, of the targets in the upstream. */
function targetsOf(upstream: string): readonly string[] {
  const found = entities('upstreams').find(({ name }) => name === upstream);
  return entities('targets')
    .filter((one) => JSON.stringify(one.upstream) === JSON.stringify({ id: found?.id }))
    .map(({ target, weight, failover }) => `${target} ${weight}${failover ? ' failover' : ''}`)
    .sort();
}

const zoned = ['sd2.privatelink', 'use1-az1.sd2.privatelink', 'use1-az2.sd2.privatelink'];

describe('affinity', () => {
  it.each([
    ['weighted', ['10.0.1.11:80 1000', '10.0.2.11:80 1']],
    ['failover', ['10.0.1.11:80 100', '10.0.2.11:80 100 failover']],
  ])('%s writes an upstream for each zone, once', async (affinity, targets) => {
    configure(affinity);
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    expect((await estate.run('sync')).exitCode).toBe(0);

    expect(upstreams()).toEqual(zoned);
    expect(targetsOf('use1-az1.sd2.privatelink')).toEqual(targets);
    expect(targetsOf('sd2.privatelink')).toEqual(['10.0.1.11:80 100', '10.0.2.11:80 100']);
    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it("deletes the zones' upstreams, targets first, when affinity becomes none", async () => {
    configure('weighted');
    const ips = Array.from({ length: 6 }, (_, index) => [`10.0.1.${index + 11}`, `10.0.2.${index + 11}`]);
    for (const pair of ips) estate.addEndpoint('sd2', pair);
    await estate.run('sync');
    configure('none');
    estate.konnect.resetCalls();

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('affinity is none');
    expect(upstreams()).toEqual(['sd2.privatelink']);
    expect(targetsOf('sd2.privatelink')).toHaveLength(12);
    const deleted = estate.konnect.calls.filter((call) => call.method === 'DELETE');
    expect(deleted).toHaveLength(26);
    expect(deleted.slice(-2).every(({ path }) => path.split('/').at(-2) === 'upstreams')).toBe(true);
    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it('changes from weighted to failover and back without a delete', async () => {
    configure('weighted');
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    estate.konnect.resetCalls();

    for (const next of ['failover', 'weighted']) {
      configure(next);
      expect((await estate.run('sync')).exitCode).toBe(0);
    }

    expect(estate.konnect.calls.filter((call) => call.method === 'DELETE')).toEqual([]);
    expect(targetsOf('use1-az1.sd2.privatelink')).toEqual(['10.0.1.11:80 1000', '10.0.2.11:80 1']);
  });

  it('removes a terminal endpoint from all upstreams, and fills the zone that lost its last target', async () => {
    configure('weighted');
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd2', ['10.0.1.12', '10.0.2.12']);
    await estate.run('sync');
    estate.world.setState(id, 'rejected');

    await estate.run('sync');

    expect(zoned.map((name) => targetsOf(name))).toEqual([
      ['10.0.1.12:80 100', '10.0.2.12:80 100'],
      ['10.0.1.12:80 1000', '10.0.2.12:80 1'],
      ['10.0.1.12:80 1', '10.0.2.12:80 1000'],
    ]);
  });

  it('is retired with its domain', async () => {
    configure('weighted');
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    estate.world.setTags(id, {});

    expect((await estate.run('retire', 'sd2', '--yes')).exitCode).toBe(0);

    expect(entities('upstreams')).toEqual([]);
    expect(entities('targets')).toEqual([]);
  });
});
