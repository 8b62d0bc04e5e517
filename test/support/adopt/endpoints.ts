import { defaultTagKeys } from '#config/schema';
import type { Scope } from '#core/model';
import type { SeenEndpoint, SeenScope } from '#discovery/seen/model';

/** The endpoints that the corpus of control planes to adopt leads to, as AWS states them. */

function scopeIn(region: string): Scope {
  return { id: `hub.self.${region}`, source: 'hub', account: 'self', region };
}

type Spec = {
  readonly id: string;
  readonly suffix: string;
  readonly service: string;
  readonly region?: string;
  /** By the letter of the zone. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly names?: readonly string[];
  /** What AWS ends its names with. */
  readonly end?: string;
};

function endpointOfSpec({
  id,
  suffix,
  service,
  region = 'us-east-1',
  zones,
  names = [],
  end = '',
}: Spec): SeenEndpoint {
  const tail = `${service}.${region}.vpce.amazonaws.com${end}`;
  const letters = Object.keys(zones);
  return {
    id,
    scope: scopeIn(region),
    tagKeys: defaultTagKeys,
    allow: {},
    accountId: '222222222222',
    type: 'Interface',
    state: 'available',
    serviceName: `com.amazonaws.vpce.${region}.${service}`,
    vpcId: `vpc-${region}`,
    createdAtMs: 1_000,
    dnsNames: [
      `${id}-${suffix}.${tail}`,
      ...letters.map((letter) => `${id}-${suffix}-${region}${letter}.${tail}`),
      ...names,
    ],
    addresses: letters.flatMap((letter, index) =>
      (zones[letter] ?? []).map((ip) => ({
        ip,
        region,
        zoneId: `${region === 'us-west-2' ? 'usw2' : 'use1'}-az${index + 1}`,
        zoneName: `${region}${letter}`,
      })),
    ),
    tags: {},
  };
}

export const corpusEndpoints = {
  orders: endpointOfSpec({
    id: 'vpce-0a11111111111111a',
    suffix: 'abcdefgh',
    service: 'vpce-svc-0aaaaaaaaaaaaaaaa',
    zones: { a: ['10.0.1.11'], b: ['10.0.2.11'] },
    names: ['api.orders.example', '*.shops.orders.example'],
  }),
  pay: endpointOfSpec({
    id: 'vpce-0b22222222222222b',
    suffix: 'bcdefghi',
    service: 'vpce-svc-0bbbbbbbbbbbbbbbb',
    zones: { a: ['10.0.1.21'], b: ['10.0.2.21'] },
  }),
  files: endpointOfSpec({
    id: 'vpce-0c33333333333333c',
    suffix: 'cdefghij',
    service: 'vpce-svc-0cccccccccccccccc',
    zones: { a: ['10.0.3.31'] },
  }),
  api: endpointOfSpec({
    id: 'vpce-0d44444444444444d',
    suffix: 'defghijk',
    service: 'execute-api',
    zones: { a: ['10.0.4.41'], b: ['10.0.5.41'] },
  }),
  bucket: endpointOfSpec({
    id: 'vpce-0e55555555555555e',
    suffix: 'efghijkl',
    service: 's3',
    zones: { a: ['10.0.4.51'] },
  }),
  china: endpointOfSpec({
    id: 'vpce-0f66666666666666f',
    suffix: 'fghijklm',
    service: 'vpce-svc-0ffffffffffffffff',
    region: 'cn-north-1',
    zones: { a: ['10.0.6.61'] },
    end: '.cn',
  }),
  dual: endpointOfSpec({
    id: 'vpce-0677777777777777a',
    suffix: 'ghijklmn',
    service: 'vpce-svc-06666666666666666',
    zones: { a: ['10.0.7.71', 'fd00:1::71'] },
  }),
  six: endpointOfSpec({
    id: 'vpce-0799999999999999a',
    suffix: 'jklmnopq',
    service: 'vpce-svc-07979797979797979',
    zones: { a: ['fd00:1::31'] },
  }),
  west: endpointOfSpec({
    id: 'vpce-0788888888888888a',
    suffix: 'hijklmno',
    service: 'vpce-svc-07777777777777777',
    region: 'us-west-2',
    zones: { a: ['10.8.1.81'] },
  }),
} as const satisfies Readonly<Record<string, SeenEndpoint>>;

export type EndpointName = keyof typeof corpusEndpoints;

/** Another endpoint in another VPC, which has the addresses and private names of the first. */
export const ordersTwin: SeenEndpoint = {
  ...corpusEndpoints.orders,
  id: 'vpce-0aff11111111111ff',
  vpcId: 'vpc-other',
};

export const unreadScope: SeenScope = {
  status: 'unknown',
  scope: scopeIn('eu-west-1'),
  code: 'ACCESS_DENIED',
  reason: 'ec2:DescribeVpcEndpoints is not allowed',
};

/** Known scopes that hold these endpoints. */
export function scopesWith(endpoints: readonly SeenEndpoint[]): readonly SeenScope[] {
  const scopes = new Map(endpoints.map(({ scope }) => [scope.id, scope]));
  return [...scopes.values()].map((scope) => ({
    status: 'known',
    scope,
    endpoints: endpoints.filter((one) => one.scope.id === scope.id),
  }));
}

/** All of the corpus, with changes to those that a test is about. */
export function corpusWith(over: Partial<Record<EndpointName, Partial<SeenEndpoint>>> = {}): readonly SeenEndpoint[] {
  return Object.entries(corpusEndpoints).map(([name, endpoint]) => ({ ...endpoint, ...over[name as EndpointName] }));
}
