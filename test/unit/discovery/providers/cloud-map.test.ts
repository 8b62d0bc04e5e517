import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { CloudMapReader, InstanceItem, NamespaceItem, ServiceItem } from '#discovery/aws/readers/cloud-map';
import { type CloudMapDependencies, createCloudMapSource } from '#discovery/providers/cloud-map';
import { cloudMapConfig } from '../../../support/aws/cloud-map';
import { firstOf } from '../../../support/sources';

const signal = new AbortController().signal;
const where = 'source registry, account self, region us-east-1';

const shared: NamespaceItem = { id: 'ns-1', arn: 'arn:ns-1', name: 'shared', reference: 'arn:ns-1' };
const employees: ServiceItem = {
  id: 'srv-1',
  name: 'employees',
  reference: 'arn:srv-1',
  createdAtMs: 1_000,
  isHealthChecked: true,
};
const payroll: ServiceItem = { ...employees, id: 'srv-2', name: 'payroll', reference: 'arn:srv-2' };

function instance(id: string, attributes: Readonly<Record<string, string>> = {}): InstanceItem {
  return { id, attributes: new Map(Object.entries({ AWS_INSTANCE_IPV4: '10.0.0.1', ...attributes })) };
}

type World = {
  readonly namespaces?: readonly NamespaceItem[];
  readonly services?: readonly ServiceItem[];
  readonly instances?: Readonly<Record<string, readonly InstanceItem[]>>;
  readonly health?: Readonly<Record<string, string>>;
};

function readerOf({ namespaces = [shared], services = [employees], instances = {}, health = {} }: World) {
  return {
    listNamespaces: async () => namespaces,
    listServices: jest.fn(async (_namespace: string) => services),
    listInstances: async (service: string) => instances[service] ?? [],
    readHealth: jest.fn(async (_service: string) => new Map(Object.entries(health))),
    isGone: async (service: string, id: string) => !instances[service]?.some((one) => one.id === id),
  };
}

const unasked = { readZoneIds: async () => new Map(), readAccount: async () => undefined };

function discover(
  reader: CloudMapReader,
  over: Readonly<Record<string, unknown>> = {},
  readers: Partial<ReturnType<CloudMapDependencies['readersOf']>> = {},
) {
  const source = createCloudMapSource(cloudMapConfig(over), {
    owner: 'test',
    readersOf: () => ({ ...unasked, reader, ...readers }),
  });
  return firstOf(source).discover(signal);
}

/** Discovers one instance of `employees`. */
function discoverOne(attributes: Readonly<Record<string, string>>, over: Readonly<Record<string, unknown>> = {}) {
  return discover(readerOf({ instances: { 'arn:srv-1': [instance('one', attributes)] } }), over);
}

describe('an instance', () => {
  it("is an endpoint of the domain with its service's name", async () => {
    expect(await discoverOne({ AWS_INSTANCE_PORT: '8080' })).toEqual({
      endpoints: [
        {
          id: 'srv-1.one',
          scopeId: 'registry.self.us-east-1',
          domain: 'employees',
          state: 'available',
          reason: undefined,
          createdAtMs: 1_000,
          serviceName: 'employees',
          protocol: 'http',
          port: 8080,
          host: undefined,
          weight: 100,
          paths: [],
          grantedPaths: [],
          dnsNames: [],
          addresses: [{ ip: '10.0.0.1', region: 'us-east-1' }],
        },
      ],
      quarantined: [],
    });
  });

  it('is left out when this owner published it, and has its zone when another owner did', async () => {
    const published = { 'kong-privatelink:zone': 'use1-az1' };

    const own = await discoverOne({ ...published, 'kong-privatelink:owner': 'test' });
    const others = await discoverOne({ ...published, 'kong-privatelink:owner': 'other' });

    expect(own).toEqual({ endpoints: [], quarantined: [] });
    expect(others.endpoints).toMatchObject([{ addresses: [{ ip: '10.0.0.1', zoneId: 'use1-az1' }] }]);
  });

  it('has no zone where the attribute is no AZ id', async () => {
    const { endpoints } = await discoverOne({ 'kong-privatelink:zone': 'a/b' });

    expect(endpoints[0]?.addresses[0]?.zoneId).toBeUndefined();
  });

  it.each([
    ['the attribute that tags.domain names', { 'kong:domain': 'staff' }, {}, { domain: 'staff' }],
    ['another attribute', { team: 'staff' }, { tags: { domain: 'team' } }, { domain: 'staff' }],
    ['the port of its tag', { AWS_INSTANCE_PORT: '8080', 'kong:port': '9090' }, {}, { port: 9090 }],
    ['the port of the protocol', {}, {}, { port: 80 }],
    ['the paths of its tag', { 'kong:path': '/employees /staff' }, {}, { paths: ['/employees', '/staff'] }],
    [
      'both addresses',
      { AWS_INSTANCE_IPV6: 'fd00::1' },
      {},
      { addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00:0000:0000:0000:0000:0000:0000:0001' }] },
    ],
  ])('takes %s', async (_, attributes, over, expected) => {
    expect(await discoverOne(attributes, over)).toMatchObject({ endpoints: [expected], quarantined: [] });
  });

  it.each([
    ['no address', { AWS_INSTANCE_IPV4: '' }, {}, 'missing-field', 'neither AWS_INSTANCE_IPV4 nor AWS_INSTANCE_IPV6'],
    ['an invalid address', { AWS_INSTANCE_IPV4: 'db.internal' }, {}, 'missing-field', 'db.internal'],
    ['an invalid port', { AWS_INSTANCE_PORT: 'http' }, {}, 'bad-tag', '"http"'],
    ['another gateway', { 'kong:gateway': 'other' }, {}, 'other-gateway', 'other'],
    ['a forbidden service', {}, { allow: { serviceNames: ['pay*'] } }, 'service-not-allowed', 'employees'],
  ])('is quarantined with %s', async (_, attributes, over, code, words) => {
    expect(await discoverOne(attributes, over)).toMatchObject({
      endpoints: [],
      quarantined: [{ endpointId: 'srv-1.one', code, reason: expect.stringContaining(words) }],
    });
  });

  it.each([
    [
      'the name of its service',
      'Team_Employees',
      {},
      'attribute kong:domain is absent, and the name of its service is "Team_Employees"',
      'use lowercase letters, digits and dashes, at most 63',
    ],
    [
      'its attribute for the domain',
      'employees',
      { 'kong:domain': 'SD 2' },
      'attribute kong:domain is "SD 2"',
      'use lowercase letters, digits and dashes, at most 63',
    ],
    [
      "AWS's port",
      'employees',
      { AWS_INSTANCE_PORT: '0' },
      'attribute kong:port is absent, and AWS_INSTANCE_PORT is "0"',
      'use a port from 1 to 65535',
    ],
    [
      'another gateway',
      'employees',
      { 'kong:gateway': 'x' },
      'is for kong:gateway x',
      'set attribute kong:gateway to test to use the endpoint here, or remove the tag',
    ],
    [
      'the name of another domain',
      'employees',
      { AWS_INSTANCE_IPV4: '', AWS_INSTANCE_CNAME: 'api.partner.example' },
      'it has neither AWS_INSTANCE_IPV4 nor AWS_INSTANCE_IPV6, but AWS_INSTANCE_CNAME "api.partner.example"',
      'name it in a source of type dns, which follows such names',
    ],
  ])("is quarantined for %s with Cloud Map's name of the field", async (_, name, attributes, reason, fix) => {
    const reader = readerOf({
      services: [{ ...employees, name }],
      instances: { 'arn:srv-1': [instance('one', attributes)] },
    });

    expect(await discover(reader)).toMatchObject({ quarantined: [{ reason, fix }] });
  });

  it.each([
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['127.0.0.1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['fd00:ec2::254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['203.0.113.7', 'public'],
  ])('fm-44 is quarantined with the address %s, and the rest goes on', async (ip, kind) => {
    const odd = instance('odd', { [ip.includes(':') ? 'AWS_INSTANCE_IPV6' : 'AWS_INSTANCE_IPV4']: ip });
    const reader = readerOf({ instances: { 'arn:srv-1': [odd, instance('one')] } });

    expect(await discover(reader)).toMatchObject({
      endpoints: [{ id: 'srv-1.one' }],
      quarantined: [
        {
          endpointId: 'srv-1.odd',
          domain: 'employees',
          state: 'available',
          code: 'address-not-allowed',
          reason: expect.stringContaining(`has the ${kind} address`),
          fix: expect.stringMatching(/./),
        },
      ],
    });
  });

  it.each(['fe80::1%eth0', '10.0.0.300', 'fe80::/10'])(
    'fm-45 is quarantined with %s, and the rest goes on',
    async (ip) => {
      const odd = instance('odd', { AWS_INSTANCE_IPV6: ip });
      const reader = readerOf({ instances: { 'arn:srv-1': [odd, instance('one')] } });

      expect(await discover(reader)).toMatchObject({
        endpoints: [{ id: 'srv-1.one' }],
        quarantined: [{ endpointId: 'srv-1.odd', code: 'missing-field', reason: expect.stringContaining(`"${ip}"`) }],
      });
    },
  );

  it('fm-45 is quarantined where AWS returns a malformed instance, and the rest goes on', async () => {
    const odd = { id: 'odd', attributes: new Map<string, string>(), misfit: 'Attributes: no' };
    const reader = readerOf({ instances: { 'arn:srv-1': [odd, instance('one')] } });

    expect(await discover(reader)).toMatchObject({
      endpoints: [{ id: 'srv-1.one' }],
      quarantined: [{ endpointId: 'srv-1.odd', reason: 'AWS gives it in a form that cannot be read (Attributes: no)' }],
    });
  });

  it('fm-44 may have a public address that allow.addresses grants', async () => {
    const over = { allow: { addresses: ['203.0.113.0/24'] } };

    expect(await discoverOne({ AWS_INSTANCE_IPV4: '203.0.113.7' }, over)).toMatchObject({
      endpoints: [{ addresses: [{ ip: '203.0.113.7' }] }],
    });
  });

  it('fm-50 is quarantined with an id that is too long for a tag', async () => {
    const reader = readerOf({ instances: { 'arn:srv-1': [instance('x'.repeat(123)), instance('x'.repeat(122))] } });

    expect(await discover(reader)).toMatchObject({
      endpoints: [{ id: `srv-1.${'x'.repeat(122)}` }],
      quarantined: [{ code: 'missing-field', reason: 'has an id that cannot become a tag of Kong' }],
    });
  });

  it('fm-23 is quarantined when AWS does not return the age of its service', async () => {
    const services = [{ ...employees, createdAtMs: undefined }];
    const reader = readerOf({ services, instances: { 'arn:srv-1': [instance('one')] } });

    expect(await discover(reader)).toMatchObject({ endpoints: [], quarantined: [{ code: 'missing-field' }] });
  });

  it('has a unique id that can be a tag', async () => {
    const names = ['a/b', 'a.b', 'a:b', 'a'];
    const reader = readerOf({
      services: [payroll, employees],
      instances: { 'arn:srv-1': names.map((name) => instance(name)), 'arn:srv-2': [instance('a')] },
    });

    const ids = (await discover(reader)).endpoints.map(({ id }) => id);

    expect(ids).toEqual(['srv-1.a', 'srv-1.a.b', 'srv-1.a:b', 'srv-1.a~b', 'srv-2.a']);
  });

  it('fm-08 is one endpoint when two pages list it', async () => {
    const reader = readerOf({ instances: { 'arn:srv-1': [instance('one'), instance('one')] } });

    expect((await discover(reader)).endpoints).toHaveLength(1);
  });
});

describe('the zone name of an ECS task', () => {
  const readZoneIds = jest.fn(async () => new Map([['us-east-1a', 'use1-az4']]));
  const readAccount = jest.fn(async (): Promise<string | undefined> => '111111111111');

  beforeEach(() => {
    readZoneIds.mockClear();
    readAccount.mockClear();
  });

  async function zoneOf(
    attributes: Readonly<Record<string, string>>,
    createdBy?: string,
    over: Readonly<Record<string, unknown>> = {},
  ) {
    const instances = { 'arn:srv-1': [{ ...instance('task', attributes), createdBy }] };
    const { endpoints } = await discover(readerOf({ instances }), over, { readZoneIds, readAccount });
    return endpoints[0]?.addresses[0]?.zoneId;
  }

  it.each([
    ['the zone with that name in the account', { AVAILABILITY_ZONE: 'us-east-1a' }, 'use1-az4'],
    ['none where the account does not have the zone', { AVAILABILITY_ZONE: 'eu-west-1a' }, undefined],
    ['none for an id instead of a name', { AVAILABILITY_ZONE: 'use1-az4' }, undefined],
    [
      'the zone that its publisher wrote, if any',
      { AVAILABILITY_ZONE: 'us-east-1a', 'kong-privatelink:zone': 'use1-az4' },
      'use1-az4',
    ],
    [
      "the named zone if the publisher's zone is not credible",
      { AVAILABILITY_ZONE: 'us-east-1a', 'kong-privatelink:zone': 'use1-az99' },
      'use1-az4',
    ],
  ])('gives an instance %s', async (_, attributes, zoneId) => {
    expect(await zoneOf(attributes)).toBe(zoneId);
  });

  it.each([
    ['of the account that reads', '111111111111', 'use1-az4'],
    ['of another account, whose names mean other zones', '222222222222', undefined],
  ])('is read as the reading account names it, for an instance %s', async (_, createdBy, zoneId) => {
    expect(await zoneOf({ AVAILABILITY_ZONE: 'us-east-1a' }, createdBy)).toBe(zoneId);
  });

  it('does not apply if the reading account is unknown', async () => {
    readAccount.mockResolvedValueOnce(undefined);

    expect(await zoneOf({ AVAILABILITY_ZONE: 'us-east-1a' }, '111111111111')).toBeUndefined();
  });

  it('applies to the account of a role, without a call', async () => {
    const accounts = [{ roleArn: 'arn:aws:iam::333333333333:role/kong-privatelink' }];

    expect(await zoneOf({ AVAILABILITY_ZONE: 'us-east-1a' }, '333333333333', { accounts })).toBe('use1-az4');
    expect(readAccount).not.toHaveBeenCalled();
  });

  it('costs one call even with zones of publishers, and even if AWS does not answer', async () => {
    readZoneIds.mockResolvedValueOnce(new Map());

    await zoneOf({ AVAILABILITY_ZONE: 'us-east-1a', 'kong-privatelink:zone': 'nowhere' });

    expect(readZoneIds).toHaveBeenCalledTimes(1);
  });

  it('costs no call where no instance has a zone name', async () => {
    await zoneOf({}, '111111111111');

    expect(readZoneIds).not.toHaveBeenCalled();
    expect(readAccount).not.toHaveBeenCalled();
  });
});

describe('the health of instances', () => {
  const states = async (health: Readonly<Record<string, string>>) => {
    const instances = { 'arn:srv-1': [instance('one'), instance('two')] };
    return (await discover(readerOf({ instances, health }))).endpoints.map(({ state }) => state);
  };

  it.each([
    ['both healthy', { one: 'HEALTHY', two: 'HEALTHY' }, ['available', 'available']],
    ['one unhealthy', { one: 'UNHEALTHY', two: 'HEALTHY' }, ['partial', 'available']],
    ['one unknown', { one: 'UNKNOWN', two: 'UNHEALTHY' }, ['available', 'partial']],
    ['one just registered', { two: 'UNHEALTHY' }, ['available', 'partial']],
  ])('holds unhealthy instances and routes to the others: %s', async (_, health, expected) => {
    expect(await states(health)).toEqual(expected);
  });

  it.each([
    ['there is no health check', { ...employees, isHealthChecked: false }, [instance('one')]],
    ['there is no instance', employees, []],
  ])('is not read when %s', async (_, service, list) => {
    const reader = readerOf({ services: [service], instances: { 'arn:srv-1': list } });

    await discover(reader);

    expect(reader.readHealth).not.toHaveBeenCalled();
  });
});

describe('the namespace', () => {
  it.each(['shared', 'ns-1', 'arn:ns-1'])('is found as %s and read by its ARN', async (namespace) => {
    const reader = readerOf({});

    await discover(reader, { namespace });

    expect(reader.listServices.mock.calls[0]?.[0]).toBe('arn:ns-1');
  });

  it.each([
    ['it does not exist', [], [where, 'no Cloud Map namespace shared', 'create it']],
    ['its name has two matches', [shared, { ...shared, id: 'ns-0' }], [where, 'write one of ns-0, ns-1']],
  ])('fails the scope when %s, with the place and the fix', async (_, namespaces, words) => {
    const failure = await discover(readerOf({ namespaces })).catch((thrown) => thrown);

    expect(failure).toBeInstanceOf(PrivatelinkError);
    for (const word of words) expect(failure.message).toContain(word);
  });
});

describe('the services', () => {
  const reader = readerOf({
    services: [employees, payroll],
    instances: { 'arn:srv-1': [instance('one')], 'arn:srv-2': [instance('two')] },
  });

  it.each([
    ['all by default', undefined, ['employees', 'payroll']],
    ['those listed by name', ['payroll'], ['payroll']],
    ['those listed by id', ['srv-1'], ['employees']],
  ])('are %s', async (_, services, expected) => {
    const { endpoints } = await discover(reader, services ? { services } : {});

    expect(endpoints.map(({ domain }) => domain)).toEqual(expected);
  });

  it('fail the scope when a listed service does not exist', async () => {
    await expect(discover(reader, { services: ['employees', 'gone'] })).rejects.toMatchObject({
      message: expect.stringMatching(`^${where}: namespace shared has no service gone; .*services`),
    });
  });

  it('fm-03 fail the scope when one of them cannot be read', async () => {
    const broken = {
      ...reader,
      listInstances: async (service: string) => {
        if (service === 'arn:srv-2') throw new PrivatelinkError('slow down', { code: 'THROTTLED', fix: undefined });
        return [instance('one')];
      },
    };

    await expect(discover(broken)).rejects.toMatchObject({ code: 'THROTTLED' });
  });
});

describe('confirmGone', () => {
  const services = [employees];
  const world = readerOf({ services, instances: { 'arn:srv-1': [instance('vpce-1/eni-1')] } });
  const source = createCloudMapSource(cloudMapConfig(), {
    owner: 'test',
    readersOf: () => ({ ...unasked, reader: world }),
  });
  const { discover, confirmGone } = firstOf(source);
  const ids = ['srv-1.vpce-1~eni-1', 'srv-1.vpce-1~eni-2', 'srv-2.vpce-1~eni-3', 'vpce-9'];

  it('fm-30 returns the instances that their listed service does not know', async () => {
    await discover(signal);

    expect(await confirmGone?.(ids, signal)).toEqual(['srv-1.vpce-1~eni-2']);
  });

  it('fm-01 returns nothing for a scope that was never listed', async () => {
    const fresh = createCloudMapSource(cloudMapConfig(), {
      owner: 'test',
      readersOf: () => ({ ...unasked, reader: world }),
    });

    expect(await firstOf(fresh).confirmGone?.(ids, signal)).toEqual([]);
  });
});
