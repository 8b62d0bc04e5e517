import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsPart, lastKnown } from '#core/contracts/model';
import { openContracts } from '#discovery/contracts/open';
import type { EndpointService } from '#sandbox/aws/world/model';
import {
  type ContractsEstate,
  onlyService,
  openContractsEstate,
  providerAccount,
  region,
} from '../../support/contracts/estate';

const sd1 = '111111111111';
const sd3 = '444444444444';
const { signal } = new AbortController();

let estate: ContractsEstate;
let service: EndpointService;

beforeEach(async () => {
  estate = await openContractsEstate();
  service = estate.createService();
});

afterEach(() => estate.close());

const actions = () => estate.aws.calls.map(({ action }) => action);
const deny = (action: string) => estate.aws.inject({ action, kind: 'denied' });
const open = (over = {}) => estate.reader([{ id: service.id }], over);
const read = async (reader = open()) => onlyService(await reader.read(signal));
const file = () => join(estate.stateDir, `contracts.test.${service.id}.json`);

describe('a reader of contracts', () => {
  it('returns the connections, the permissions, the setup and the health of targets of a service', async () => {
    const one = estate.connect(service.name, sd1);
    const other = estate.connect(service.name, sd3);
    estate.world.accept(other);
    estate.world.changePrincipals(service.name, { add: [`arn:aws:iam::${sd1}:root`], remove: ['*'] });

    const state = await read();

    expect(state).toMatchObject({
      serviceId: service.id,
      scopeId: `contracts.self.us-east-1.${service.id}`,
      account: 'self',
      region: 'us-east-1',
      permissions: {
        status: 'known',
        value: [{ principal: `arn:aws:iam::${sd1}:root`, id: expect.stringMatching(/^vpce-svc-perm-0/) }],
      },
      setup: {
        status: 'known',
        value: { acceptanceRequired: true, zoneIds: service.zoneIds, loadBalancerArns: [service.loadBalancerArn] },
      },
      health: {
        status: 'known',
        value: service.zoneIds.map((zoneId) => ({ zoneId, healthy: 1, unhealthy: 0 })),
      },
    });
    const connections = [
      { endpointId: one, account: sd1, state: 'pendingAcceptance' },
      { endpointId: other, account: sd3, state: 'available' },
    ].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
    expect(state.connections).toEqual({
      status: 'known',
      observedAtMs: 1_700_000_000_000,
      value: connections.map((each) => ({
        ...each,
        serviceId: service.id,
        region: 'us-east-1',
        createdAtMs: expect.any(Number),
      })),
    });
  });

  it('does not exist without contracts', () => {
    const { contracts: _, ...config } = estate.configOf([{ id: service.id }]);

    expect(openContracts(config, { aws: { clock: estate.clock } as never })).toBeUndefined();
    expect(actions()).toEqual([]);
  });

  it('reads all pages, lists the services of a region once, and the principals of each service once', async () => {
    const other = estate.createService();
    const ids = Array.from({ length: 12 }, () => estate.connect(service.name, sd1));
    for (let index = 0; index < 7; index += 1)
      estate.world.changePrincipals(service.name, { add: [`arn:aws:iam::11111111111${index}:root`] });

    const { services } = await estate.reader([{ id: service.id }, { id: other.id }], { pageSize: 5 }).read(signal);

    expect(services.map(({ connections }) => lastKnown(connections)?.map(({ endpointId }) => endpointId))).toEqual([
      [...ids].sort(),
      [],
    ]);
    expect(services.map(({ permissions }) => lastKnown(permissions)?.length)).toEqual([8, 1]);
    const count = (action: string) => actions().filter((one) => one === action).length;
    expect(count('DescribeVpcEndpointConnections')).toBe(3);
    expect(count('DescribeVpcEndpointServicePermissions')).toBe(3);
    expect(count('DescribeVpcEndpointServiceConfigurations')).toBe(1);
  });

  it('reads ten thousand connections, and writes them to a file that the next process reads', async () => {
    const ids = Array.from({ length: 10_000 }, () => {
      const { id } = estate.world.createEndpoint({ account: sd1, region, serviceName: service.name, interfaces: [] });
      return id;
    });

    const state = await read();
    estate.aws.inject({ kind: 'throttle' });
    const restored = await read();

    expect(lastKnown(state.connections)?.map(({ endpointId }) => endpointId)).toEqual(ids.sort());
    expect(lastKnown(restored.connections)).toEqual(lastKnown(state.connections));
    expect(actions().filter((one) => one === 'DescribeVpcEndpointConnections')).toHaveLength(11);
  });

  it.each([
    ['DescribeVpcEndpointConnections', 'connections'],
    ['DescribeVpcEndpointServicePermissions', 'permissions'],
    ['DescribeVpcEndpointServiceConfigurations', 'setup'],
    ['DescribeTargetGroups', 'health'],
    ['DescribeTargetHealth', 'health'],
  ] as const)('keeps everything else where the role may not call %s', async (action, part) => {
    estate.connect(service.name, sd1);
    const reader = open();
    const before = await read(reader);
    deny(action);

    const after = await read(reader);

    const lost = after[part];
    expect(lost).toMatchObject({
      status: 'unknown',
      code: 'ACCESS_DENIED',
      reason: expect.stringContaining(`allow`),
      lastGood: { value: lastKnown(before[part] as AwsPart<unknown>) },
    });
    for (const other of ['connections', 'permissions'] as const)
      if (other !== part) expect(after[other].status).toBe('known');
  });

  it('stops asking for targets of all services for ten minutes after a refusal', async () => {
    const other = estate.createService();
    deny('DescribeTargetGroups');
    const reader = estate.reader([{ id: service.id }, { id: other.id }]);
    const asked = () => actions().filter((one) => one === 'DescribeTargetGroups').length;

    await reader.read(signal);
    const first = asked();
    await reader.read(signal);
    const second = asked();
    estate.clock.advance(600_000);
    await reader.read(signal);

    expect([first <= 2, second - first, asked() > second]).toEqual([true, 0, true]);
  });

  it.each(['UnknownRegion', 'account'])(
    'calls a service of another %s unknown, and never says that nobody connects',
    async (which) => {
      const far = estate.world.createService(
        which === 'account' ? { account: sd3, region: 'us-east-1' } : { account: providerAccount, region: 'us-west-2' },
      );
      estate.world.createEndpoint({ account: sd1, region: far.region, serviceName: far.name, interfaces: [] });
      estate.connect(service.name, sd1);

      const { services } = await estate.reader([{ id: far.id }, { id: service.id }]).read(signal);

      const unknown = {
        status: 'unknown',
        code: 'OTHER_ACCOUNT',
        reason: expect.stringMatching(`AWS knows no endpoint service ${far.id} in .*correct id, region or roleArn`),
      };
      expect(services[0]).toMatchObject({ connections: unknown, permissions: unknown, setup: unknown });
      expect(services[1]).toMatchObject({
        connections: { status: 'known', value: [{ account: sd1 }] },
        permissions: { status: 'known' },
        setup: { status: 'known' },
      });
    },
  );

  it('keeps the last known state when the credentials become those of another account', async () => {
    const id = estate.connect(service.name, sd1);
    await read();
    const { accessKeyId } = { accessKeyId: process.env.AWS_ACCESS_KEY_ID };
    process.env.AWS_ACCESS_KEY_ID = accessKeyId?.replace(providerAccount, sd3);

    const state = await read();
    await read();

    expect(state.connections).toMatchObject({
      status: 'unknown',
      code: 'OTHER_ACCOUNT',
      lastGood: { value: [{ endpointId: id }] },
    });
  });

  it('believes an empty list only when AWS lists the service in the same pass', async () => {
    estate.connect(service.name, sd1);
    const reader = open();
    await read(reader);
    estate.world.deleteEndpoint((lastKnown((await read(reader)).connections) ?? [])[0]?.endpointId ?? '');
    estate.world.purge();
    const allow = deny('DescribeVpcEndpointServiceConfigurations');

    const unlisted = await read(reader);
    allow();
    const first = await read(reader);
    const second = await read(reader);

    expect(unlisted.connections).toMatchObject({ status: 'unknown', code: 'UNCONFIRMED', lastGood: { value: [{}] } });
    expect(first.connections).toMatchObject({ status: 'unknown', code: 'UNCONFIRMED', lastGood: { value: [{}] } });
    expect(second.connections).toMatchObject({ status: 'known', value: [] });
  });

  it.each(['hang', 'drop', 'garbage', 'throttle', 'error', 'partial'] as const)(
    'keeps the last known state when AWS fails (%s), and says why',
    async (kind) => {
      const id = estate.connect(service.name, sd1);
      const reader = open({ scopeTimeoutSeconds: 1 });
      await read(reader);
      estate.aws.inject({ kind });

      const state = await read(reader);

      for (const part of [state.connections, state.permissions, state.setup])
        expect(part).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/\w+/) });
      expect(lastKnown(state.connections)?.map(({ endpointId }) => endpointId)).toEqual([id]);
    },
  );

  it('rejects with the reason of its signal, and with nothing else', async () => {
    const stop = new AbortController();
    estate.aws.inject({ kind: 'hang' });

    const reading = open().read(stop.signal);
    stop.abort(new Error('stopped'));

    await expect(reading).rejects.toThrow('stopped');
  });

  it('reads services of other accounts through their roles', async () => {
    const far = estate.world.createService({ account: sd3, region: 'eu-west-1', principals: [] });
    const { arn } = estate.world.createRole({ account: sd3, name: 'kong-privatelink', externalId: 'secret-1' });
    const role = { region: 'eu-west-1', roleArn: arn, externalId: 'secret-1' };

    const { services } = await estate.reader([{ id: service.id }, { id: far.id, ...role }]).read(signal);

    expect(services.map(({ scopeId, permissions }) => [scopeId, permissions.status])).toEqual([
      [`contracts.self.us-east-1.${service.id}`, 'known'],
      [`contracts.${sd3}.eu-west-1.${far.id}`, 'known'],
    ]);
  });
});

describe('a connection with missing fields', () => {
  it('keeps its last known account where AWS leaves it out, and has none if AWS never named it', async () => {
    const known = estate.connect(service.name, sd1);
    await read();
    const untold = estate.connect(service.name, sd1);
    estate.aws.inject({ action: 'DescribeVpcEndpointConnections', kind: 'omit', field: 'VpcEndpointOwner' });

    const { connections } = await read();

    const accounts = new Map(lastKnown(connections)?.map(({ endpointId, account }) => [endpointId, account]));
    expect(connections.status).toBe('known');
    expect([accounts.get(known), accounts.get(untold)]).toEqual([sd1, undefined]);
  });

  it('keeps its last known state, with a mark, and affects no other connection', async () => {
    const [one, other] = [estate.connect(service.name, sd1), estate.connect(service.name, sd3)];
    estate.world.accept(one);
    const reader = open();
    await read(reader);
    estate.world.reject(one);
    const odd = estate.aws.inject({
      action: 'DescribeVpcEndpointConnections',
      kind: 'omit',
      field: 'VpcEndpointState',
    });

    const lost = await read(reader);
    odd();
    const found = await read(reader);

    expect(lost.connections).toMatchObject({
      status: 'known',
      value: expect.arrayContaining([
        expect.objectContaining({
          endpointId: one,
          state: 'available',
          misfit: expect.stringContaining('VpcEndpointState'),
        }),
        expect.objectContaining({ endpointId: other, state: 'pendingAcceptance', misfit: expect.anything() }),
      ]),
    });
    expect(lastKnown(found.connections)?.filter(({ misfit }) => misfit !== undefined)).toEqual([]);
  });

  it('has the state unreadable when its state was never known', async () => {
    estate.connect(service.name, sd1);
    estate.aws.inject({ action: 'DescribeVpcEndpointConnections', kind: 'omit', field: 'VpcEndpointState' });

    expect(lastKnown((await read()).connections)).toMatchObject([{ state: 'unreadable', misfit: expect.anything() }]);
  });

  it('stays with its last known service where AWS names none; an unknown connection is a warning', async () => {
    const id = estate.connect(service.name, sd1);
    const reader = open();
    await read(reader);
    estate.aws.inject({ action: 'DescribeVpcEndpointConnections', kind: 'omit', field: 'ServiceId' });

    const known = await reader.read(signal);
    const fresh = await estate.reader([{ id: service.id }], { owner: 'other' }).read(signal);

    expect(lastKnown(onlyService(known).connections)).toMatchObject([{ endpointId: id, misfit: expect.anything() }]);
    expect(known.warnings).toEqual([]);
    expect(fresh.warnings).toEqual([expect.stringContaining(`the connection of ${id} without its service`)]);
  });

  it('fails the whole list when it has no id', async () => {
    estate.connect(service.name, sd1);
    const reader = open();
    await read(reader);
    estate.aws.inject({ action: 'DescribeVpcEndpointConnections', kind: 'omit', field: 'VpcEndpointId' });

    expect((await read(reader)).connections).toMatchObject({ status: 'unknown', code: 'BAD_ANSWER', lastGood: {} });
  });
});

describe('the last known state', () => {
  it('outlives the process, part by part, for its owner alone', async () => {
    const id = estate.connect(service.name, sd1);
    await read();
    estate.clock.advance(5_000);
    estate.aws.inject({ kind: 'throttle' });

    const state = await read();
    const others = await read(open({ owner: 'other' }));

    expect(state.connections).toMatchObject({
      status: 'unknown',
      code: 'THROTTLED',
      lastGood: { value: [{ endpointId: id, account: sd1, serviceId: service.id }], observedAtMs: 1_700_000_000_000 },
    });
    expect(lastKnown(state.permissions)).toMatchObject([{ principal: '*' }]);
    expect(lastKnown(state.setup)).toMatchObject({ acceptanceRequired: true });
    expect(lastKnown(others.connections)).toBeUndefined();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('fm-01 survives the first empty list, even in one-shot commands', async () => {
    estate.connect(service.name, sd1);
    estate.world.deleteEndpoint((lastKnown((await read()).connections) ?? [])[0]?.endpointId ?? '');
    estate.world.purge();

    const first = await read();
    const heal = estate.aws.inject({ kind: 'throttle' });
    const between = await read();
    heal();
    const second = await read();

    expect(first.connections).toMatchObject({ status: 'unknown', code: 'UNCONFIRMED', lastGood: { value: [{}] } });
    expect(between.connections).toMatchObject({ status: 'unknown', lastGood: { value: [{}] } });
    expect(second.connections).toMatchObject({ status: 'known', value: [] });
  });

  it('is written at a change and every five minutes, and never by a read-only command', async () => {
    const reader = open();
    await read(open({ isReadOnly: true }));
    const untouched = readdirSync(estate.stateDir);
    await read(reader);
    const first = readFileSync(file(), 'utf8');
    estate.clock.advance(10_000);
    await read(reader);
    const same = readFileSync(file(), 'utf8');
    estate.connect(service.name, sd1);
    await read(reader);
    const changed = readFileSync(file(), 'utf8');
    estate.clock.advance(300_000);
    await read(reader);

    expect(untouched).toEqual([]);
    expect(same).toBe(first);
    expect(changed).not.toBe(first);
    expect(readFileSync(file(), 'utf8')).not.toBe(changed);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['changed', (text: string) => text.replace('available', 'rejected').replace('pendingAcceptance', 'available')],
    ['of another service', (text: string) => text.replace(/vpce-svc-\w+/, 'vpce-svc-0')],
    ['nothing', () => ''],
    ['of odd bytes', () => '\u0000\u001b[2J{"version":1}'],
  ])('is not used from a file that is %s, and a warning says so', async (_, damage) => {
    estate.connect(service.name, sd1);
    await read();
    writeFileSync(file(), damage(readFileSync(file(), 'utf8')));
    const failing = estate.aws.inject({ kind: 'drop' });

    const view = await open().read(signal);
    failing();

    expect(lastKnown(onlyService(view).connections)).toBeUndefined();
    expect(view.warnings).toEqual([expect.stringContaining(`what was known of ${service.id} before cannot be used`)]);
    expect((await read()).connections.status).toBe('known');
  });

  it('keeps its age when the clock is set, and has age 0 if its time is in the future', async () => {
    estate.connect(service.name, sd1);
    const reader = open();
    await read(reader);
    estate.clock.advance(60_000);
    estate.clock.step(-3_600_000);
    estate.aws.inject({ kind: 'drop' });

    const stepped = await reader.read(signal);
    const restored = await open().read(signal);

    const ageOf = ({ takenAtMs, services: [one] }: typeof stepped) => {
      const part = one?.connections;
      return part?.status === 'unknown' && part.lastGood ? takenAtMs - part.lastGood.observedAtMs : undefined;
    };
    expect([ageOf(stepped), ageOf(restored)]).toEqual([60_000, 0]);
  });

  it('causes a warning where it cannot be written', async () => {
    writeFileSync(join(estate.stateDir, 'file'), '');
    const config = { ...estate.configOf([{ id: service.id }]), stateDir: join(estate.stateDir, 'file') };
    const { createAwsAccess } = await import('#discovery/aws/access');

    const view = await openContracts(config, { aws: createAwsAccess(estate.clock) })?.read(signal);

    expect(view?.services[0]?.connections.status).toBe('known');
    expect(view?.warnings?.at(-1)).toMatch(/cannot be written to .* a restart while AWS does not answer/);
  });
});
