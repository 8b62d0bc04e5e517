import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accounts, rootOf } from '../../support/contracts/builders';
import { type ContractsWorld, openContractsWorld } from '../../support/contracts/world';
import { stagedConfig, stageOf } from '../../support/estate';
import { until } from '../../support/until';

const all = { accept: 'contracted', reject: 'uncontracted', permissions: 'manage' };
let world: ContractsWorld;
let wanted: string;
let unwanted: string;

beforeEach(async () => {
  world = await openContractsWorld();
  world.addEndpoint('sd2', ['10.0.1.11']);
  wanted = world.connect(accounts.sd1);
  unwanted = world.connect(accounts.other);
});

afterEach(() => world.close());

describe('actions of contracts', () => {
  it('change nothing by default', async () => {
    const { exitCode } = await world.run('sync');

    expect(exitCode).toBe(0);
    expect(world.writes()).toEqual([]);
  });

  it('are shown by diff, done by sync, and done once', async () => {
    world.contract(all);
    const diff = await world.run('diff');
    const beforeSync = world.writes();
    const first = await world.run('sync');
    const done = world.writes();
    const second = await world.run('sync', '--json');

    expect([diff.exitCode, first.exitCode, second.exitCode]).toEqual([2, 0, 0]);
    expect(diff.out).toContain('4 to do at the services of contracts');
    expect(beforeSync).toEqual([]);
    expect(done).toEqual([
      'ModifyVpcEndpointServicePermissions',
      'AcceptVpcEndpointConnections',
      'RejectVpcEndpointConnections',
      'ModifyVpcEndpointServicePermissions',
    ]);
    expect(first.out).toContain('4 of 4 actions of contracts done');
    expect(['pending', 'available']).toContain(world.stateOf(wanted));
    expect(world.stateOf(unwanted)).toBe('rejected');
    expect(world.principals()).toEqual([rootOf(accounts.sd1)]);
    expect(world.writes()).toEqual(done);
    expect(JSON.parse(second.out).contracts).toMatchObject({ actions: [] });
  });

  it('leave a rejected connection alone, even after the contract allows it', async () => {
    world.contract({ reject: 'uncontracted' });
    await world.run('sync');
    world.contract({ accept: 'contracted', consumers: { other: { accounts: [accounts.other], calls: ['sd2'] } } });

    const { out } = await world.run('sync', '--json');

    expect(JSON.parse(out).contracts.actions).toEqual([]);
    expect(world.stateOf(unwanted)).toBe('rejected');
  });

  it('are only planned by --dry-run', async () => {
    world.contract(all);

    const { exitCode, out } = await world.run('sync', '--dry-run', '--json');

    expect(exitCode).toBe(2);
    expect(JSON.parse(out).contracts.actions).toHaveLength(4);
    expect(world.writes()).toEqual([]);
  });

  it('are in the plan file, and sync --plan does only those', async () => {
    world.contract(all);
    const file = join(world.folder, 'plan.json');
    await world.run('diff', '--out', file);
    const later = world.connect(accounts.sd1);

    const { exitCode, out } = await world.run('sync', '--plan', file);

    expect(exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8')).contracts).toHaveLength(4);
    expect([world.stateOf(later), world.stateOf(unwanted)]).toEqual(['pendingAcceptance', 'rejected']);
    expect(out).toContain(`left out accept ${later} at ${world.service.id}: it is not in the approved plan`);
  });

  it('end with 4 where AWS denies one call, and the other actions are done', async () => {
    world.contract(all);
    world.aws.inject({ action: 'RejectVpcEndpointConnections', kind: 'denied' });

    const { exitCode, out } = await world.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain(`failed reject ${unwanted} at ${world.service.id}: `);
    expect(out).toContain('allow ec2:RejectVpcEndpointConnections for the identity in use');
    expect(world.principals()).toEqual([rootOf(accounts.sd1)]);
    expect(['pending', 'available']).toContain(world.stateOf(wanted));
  });

  it.each([
    ['DescribeVpcEndpointConnections', 'connections', ['ModifyVpcEndpointServicePermissions']],
    [
      'DescribeVpcEndpointServicePermissions',
      'permissions',
      ['AcceptVpcEndpointConnections', 'RejectVpcEndpointConnections'],
    ],
  ])('skip the actions that need %s where AWS denies it, and --strict ends with 5', async (action, part, written) => {
    world.contract(all);
    world.aws.inject({ action, kind: 'denied' });

    const strict = await world.run('diff', '--strict');
    await world.run('sync');

    expect(strict.exitCode).toBe(5);
    expect(strict.out).toContain(`unknown ${part} of ${world.service.id}: `);
    expect([...new Set(world.writes())]).toEqual(written);
  });

  it('add an accepted connection to the table of the domain, once AWS calls it connected', async () => {
    const services = [{ id: world.service.id, region: 'us-east-1', endpoint: world.aws.url }];
    world.contract({ services, accept: 'contracted' });
    const first = await world.run('sync');
    const tables = () =>
      world.konnect
        .entities('prod', 'plugins')
        .map(({ config }) => (config as { readonly callers?: string }).callers)
        .join();
    const before = tables();
    await until('it is connected', async () => world.stateOf(wanted) === 'available');

    const second = await world.run('sync');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(before).not.toContain(wanted);
    expect(tables()).toBe(`sd1 ${accounts.sd1} ${wanted}`);
  });

  it('are not done by rollback or render', async () => {
    world.contract(all);

    const back = await world.run('rollback', 'newest', '--now', '--json');
    const file = await world.run('render', '--json');

    expect([back.exitCode, file.exitCode]).toEqual([0, 0]);
    expect(back.out).not.toContain('"contracts"');
    expect(world.writes()).toEqual([]);
  });

  it('are done with the first control plane alone', async () => {
    const entries = [stageOf(world, 'prod'), stageOf(world, 'prod', { stage: 'again', name: 'other' })];
    const block = JSON.stringify({
      services: [{ id: world.service.id, region: 'us-east-1', endpoint: world.aws.url, domains: ['sd2'] }],
      consumers: { sd1: { accounts: [accounts.sd1], calls: ['sd2'] } },
      ...all,
    });
    world.configure(`${stagedConfig(world, entries)}contracts: ${block}\n`);

    const second = await world.run('sync', '--stage', 'again', '--json');
    const afterSecond = world.writes();
    const first = await world.run('sync', '--stage', 'prod', '--json');

    expect(second.out).not.toContain('"contracts"');
    expect(afterSecond).toEqual([]);
    expect(JSON.parse(first.out).contracts.applied).toHaveLength(4);
  });
});
