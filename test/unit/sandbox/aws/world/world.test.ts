import { describe, expect, it } from '@jest/globals';
import { createWorld, type WorldOptions } from '#sandbox/aws/world/world';

const provider = { account: '222222222222', region: 'us-east-1' };
const consumer = { account: '111111111111', region: 'us-east-1' };

function worldWith(options: WorldOptions & { acceptanceRequired?: boolean; state?: string } = {}) {
  const clock = { ms: 1_000 };
  const world = createWorld({ now: () => clock.ms, ...options });
  const service = world.createService({ ...provider, acceptanceRequired: options.acceptanceRequired });
  const endpoint = world.createEndpoint({
    ...consumer,
    serviceName: service.name,
    tags: { 'kong:domain': 'sd2' },
    interfaces: [{ zoneId: 'use1-az1', ip: '127.20.1.11' }, { zoneId: 'use1-az2' }],
    state: options.state,
  });
  return { clock, world, service, endpoint, stateNow: () => world.endpoint(endpoint.id)?.state };
}

describe('createWorld', () => {
  it("creates ids, names and addresses in AWS's form", () => {
    const { endpoint, service } = worldWith();

    expect(endpoint.id).toMatch(/^vpce-0[0-9a-f]{16}$/);
    expect(service.name).toMatch(/^com\.amazonaws\.vpce\.us-east-1\.vpce-svc-0[0-9a-f]{16}$/);
    expect(endpoint.interfaces.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^eni-0[0-9a-f]{16}$/),
      expect.stringMatching(/^eni-0[0-9a-f]{16}$/),
    ]);
    expect(endpoint.interfaces.map(({ ip }) => ip)).toEqual(['127.20.1.11', expect.stringMatching(/^10\./)]);
  });

  it('creates equal ids in every run, and no id twice', () => {
    const [first, second] = [worldWith(), worldWith()];

    expect(first.endpoint).toEqual(second.endpoint);
    const ids = [first.endpoint.id, first.service.id, ...first.endpoint.interfaces.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names an endpoint after its region and after each zone in the account's words", () => {
    const { endpoint, service } = worldWith();

    const [label] = endpoint.dnsNames[0]?.split('.') ?? [];
    const zoneNames = endpoint.interfaces.map(({ zone }) => zone.name);
    expect(label).toMatch(new RegExp(`^${endpoint.id}-[a-z0-9]{8}$`));
    expect(endpoint.dnsNames).toEqual(
      [label, ...zoneNames.map((name) => `${label}-${name}`)].map(
        (name) => `${name}.${service.id}.us-east-1.vpce.amazonaws.com`,
      ),
    );
  });

  it('creates no zonal names across regions, where zones need not match', () => {
    const { world, service } = worldWith();

    const endpoint = world.createEndpoint({
      account: consumer.account,
      region: 'us-west-2',
      serviceName: service.name,
      interfaces: [{ zoneId: 'usw2-az1' }],
    });

    expect(endpoint.dnsNames).toEqual([expect.stringContaining('.us-east-1.vpce.amazonaws.com')]);
  });

  it('keeps an endpoint waiting before acceptance, with its interfaces and names', () => {
    const { clock, stateNow, endpoint } = worldWith({ acceptanceRequired: true });

    clock.ms += 1e9;

    expect(stateNow()).toBe('pendingAcceptance');
    expect([endpoint.interfaces.length, endpoint.dnsNames.length]).toEqual([2, 3]);
  });

  it('changes from accepted over pending to available in its time', () => {
    const { clock, world, endpoint, stateNow } = worldWith({ acceptanceRequired: true, transitionMs: 500 });

    world.accept(endpoint.id);
    const seen = [0, 499, 1].map((ms) => {
      clock.ms += ms;
      return stateNow();
    });

    expect(seen).toEqual(['pending', 'pending', 'available']);
  });

  it('changes from deleting over deleted to unlisted in its time, without interfaces once deleted', () => {
    const { clock, world, endpoint, stateNow } = worldWith({ transitionMs: 500, deletedListedMs: 1_000 });

    world.deleteEndpoint(endpoint.id);
    const seen = [0, 500, 999, 1].map((ms) => {
      clock.ms += ms;
      return [stateNow(), world.interfaces(consumer).length];
    });

    expect(seen).toEqual([
      ['deleting', 2],
      ['deleted', 0],
      ['deleted', 0],
      [undefined, 0],
    ]);
  });

  it('rejects an accepted connection, and accepts it again', () => {
    const { world, endpoint, stateNow } = worldWith();

    world.reject(endpoint.id);
    const rejected = stateNow();
    world.accept(endpoint.id);

    expect([rejected, stateNow()]).toEqual(['rejected', 'available']);
  });

  it.each(['accept', 'reject'] as const)('refuses to %s an endpoint in a state without a connection', (verb) => {
    const { world, endpoint } = worldWith({ state: 'failed' });

    expect(() => world[verb](endpoint.id)).toThrow(expect.objectContaining({ code: 'InvalidState' }));
  });

  it.each(['pending', 'partial', 'expired', 'deleting', 'someFutureState'])(
    'keeps an endpoint %s on request',
    (state) => {
      const { clock, world, endpoint, stateNow } = worldWith();

      world.setState(endpoint.id, state);
      clock.ms += 1e9;

      expect(stateNow()).toBe(state);
    },
  );

  it('drops the last error when the state changes', () => {
    const { world, endpoint } = worldWith();
    const lastError = { code: 'InsufficientFreeAddressesInSubnet', message: 'no address left' };

    world.setState(endpoint.id, 'failed', lastError);
    const failed = world.endpoint(endpoint.id);
    world.setState(endpoint.id, 'available');

    expect(failed).toMatchObject({ state: 'failed', lastError });
    expect(world.endpoint(endpoint.id)?.lastError).toBeUndefined();
  });

  it('replaces an endpoint by one with a new id and new addresses, and equal tags and service', () => {
    const { world, endpoint, stateNow } = worldWith();

    const next = world.recreateEndpoint(endpoint.id, { interfaces: [{ zoneId: 'use1-az3', ip: '127.20.1.31' }] });

    expect(next.id).not.toBe(endpoint.id);
    expect(next).toMatchObject({ state: 'available', tags: endpoint.tags, service: endpoint.service });
    expect(world.interfaces(consumer).map(({ ip }) => ip)).toEqual(['127.20.1.31']);
    expect(stateNow()).toBe('deleted');
  });

  it('lists no deleted endpoint after a purge', () => {
    const { world, endpoint } = worldWith();
    world.deleteEndpoint(endpoint.id);

    world.purge();

    expect(world.endpoints()).toEqual([]);
  });

  it('removes an interface that the endpoint still names', () => {
    const { world, endpoint } = worldWith();
    const [lost, kept] = endpoint.interfaces.map(({ id }) => id);

    world.detachInterface(String(lost));

    expect(world.interfaces().map(({ id }) => id)).toEqual([kept]);
    expect(world.endpoint(endpoint.id)?.interfaces.map(({ id }) => id)).toEqual([lost, kept]);
  });

  it('replaces all tags of an endpoint', () => {
    const { world, endpoint } = worldWith();

    world.setTags(endpoint.id, { other: 'x' });

    expect(world.endpoint(endpoint.id)?.tags).toEqual({ other: 'x' });
  });

  it.each([
    ['an unknown service', { serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1' }, 'InvalidServiceName'],
    ['an unknown VPC', { vpcId: 'vpc-1' }, 'InvalidVpcId.NotFound'],
    ['a zone that the service lacks', { interfaces: [{ zoneId: 'use1-az6' }] }, 'InvalidParameter'],
    ['a zone that the region lacks', { region: 'us-west-2', interfaces: [{ zoneId: 'use1-az1' }] }, 'InvalidParameter'],
  ])('refuses an endpoint with %s', (_, change, code) => {
    const { world } = worldWith();
    const { name } = world.createService({ ...provider, zoneIds: ['use1-az1'] });
    const spec = { ...consumer, serviceName: name, interfaces: [{ zoneId: 'use1-az1' }] };

    expect(() => world.createEndpoint({ ...spec, ...change })).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['one address for each interface', ['127.20.2.11', '127.20.2.12'], ['127.20.2.11', '127.20.2.12']],
    ['one address for all', ['127.0.0.1'], ['127.0.0.1', '127.0.0.1']],
  ])('uses the addresses of the provider: %s', (_, given, taken) => {
    const world = createWorld();
    const { name: serviceName } = world.createService({ ...provider, addressesFor: () => given });
    const connect = (...ips: string[]) =>
      world.createEndpoint({
        ...consumer,
        serviceName,
        interfaces: ['use1-az1', 'use1-az2'].map((zoneId, index) => ({ zoneId, ip: ips[index] })),
      });

    expect(connect().interfaces.map(({ ip }) => ip)).toEqual(taken);
    expect(connect('127.20.9.1', '127.20.9.2').interfaces.map(({ ip }) => ip)).toEqual(['127.20.9.1', '127.20.9.2']);
  });

  it('runs out of addresses as a subnet of AWS does', () => {
    const { world, service } = worldWith();
    const interfaces = Array.from({ length: 4_092 }, () => ({ zoneId: 'use1-az1' }));

    expect(() => world.createEndpoint({ ...consumer, serviceName: service.name, interfaces })).toThrow(
      expect.objectContaining({ code: 'InsufficientFreeAddressesInSubnet' }),
    );
  });

  it('refuses to change an endpoint that does not exist', () => {
    const { world } = worldWith();

    expect(() => world.setTags('vpce-0', {})).toThrow(
      expect.objectContaining({ code: 'InvalidVpcEndpointId.NotFound' }),
    );
  });
});
