import type { SeenEndpoint, SeenScope } from '#discovery/seen/model';
import type { Resolved } from '#sync/adopt/leads/endpoint-index';
import { corpusEndpoints, corpusWith, type EndpointName, ordersTwin, scopesWith, unreadScope } from './endpoints';

/** What comes of one service. */
export type Expected = {
  readonly domain: string;
  /** By the name of the endpoint; absent: it is refused. */
  readonly tags?: Partial<Record<EndpointName, Readonly<Record<string, string>>>>;
  /** `entity field` each. */
  readonly differences?: readonly string[];
  /** What the reason says. */
  readonly refused?: string;
  /** What each finding says. */
  readonly findings?: readonly string[];
};

export type AdoptCase = {
  /** The control plane: a file of the corpus. */
  readonly file: string;
  readonly scopes?: readonly SeenScope[];
  readonly resolved?: Readonly<Record<string, Resolved>>;
  readonly selectTags?: readonly string[];
  readonly baseNames?: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, Expected>>;
  /** What each note says. */
  readonly notes?: readonly string[];
};

const regional = corpusEndpoints.orders.dnsNames[0];
const zonal = corpusEndpoints.orders.dnsNames[1];

/** Tags for domain `domain`, with the keys of the product. */
function tagsFor(domain: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    'kong:domain': domain,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`kong:${key}`, value])),
  };
}

function seeing(over: Partial<Record<EndpointName, Partial<SeenEndpoint>>>, ...more: readonly SeenEndpoint[]) {
  return scopesWith([...corpusWith(over), ...more]);
}

const orders = (more: Readonly<Record<string, string>>, rest: Omit<Expected, 'domain' | 'tags'> = {}) => ({
  orders: { domain: 'orders', tags: { orders: tagsFor('orders', more) }, ...rest },
});

const refusedOrders = (refused: string) => ({ orders: { domain: 'orders', refused } });

/** Of the control plane whose route is not bounded. */
const refusedWithFinding = (refused: string) => ({ orders: { domain: 'orders', refused, findings: ['/ordersx'] } });

const named: Readonly<Record<string, AdoptCase>> = {
  'a regional name': {
    file: 'regional-name',
    expected: orders({ host: String(regional) }, { findings: ['route orders has path /orders'] }),
  },
  'a regional name, TLS, a port and a path': {
    file: 'regional-name-tls',
    expected: {
      'orders-api': {
        domain: 'orders-api',
        tags: { orders: tagsFor('orders-api', { protocol: 'https', port: '8443', host: String(regional) }) },
      },
    },
  },
  'a zonal name, although all zones would become targets': {
    file: 'zonal-name',
    expected: orders({ host: String(zonal) }, { differences: ['service:orders host'] }),
  },
  'a zonal name of the only zone': {
    file: 'zonal-name-only-zone',
    expected: {
      files: {
        domain: 'files',
        tags: { files: tagsFor('files', { host: String(corpusEndpoints.files.dnsNames[1]) }) },
      },
    },
  },
  'a zonal name where the endpoint has no interface': {
    file: 'zonal-name-without-interface',
    expected: orders(
      { host: String(regional).replace('.vpce-svc', '-us-east-1c.vpce-svc') },
      { differences: ['service:orders host'], findings: ['has no interface'] },
    ),
  },
  'a private DNS name': {
    file: 'private-dns',
    expected: orders({ protocol: 'https', host: 'api.orders.example' }),
  },
  'a private DNS name that a wildcard matches, in capitals': {
    file: 'private-dns-star',
    expected: orders({ protocol: 'https', host: 'eu.shops.orders.example' }),
  },
  'a private DNS name of endpoints in two VPCs': {
    file: 'private-dns',
    scopes: seeing({}, ordersTwin),
    expected: refusedOrders('name api.orders.example may lead to vpce-0a11111111111111a (vpc-us-east-1'),
  },
  'an alias that resolves to the interfaces': {
    file: 'alias',
    resolved: { 'orders.internal.example': ['10.0.1.11', '10.0.2.11'] },
    expected: orders({ host: 'orders.internal.example' }),
  },
  'an alias that resolves to one zone': {
    file: 'alias',
    resolved: { 'orders.internal.example': ['10.0.1.11'] },
    expected: orders({ host: 'orders.internal.example' }, { differences: ['service:orders host'] }),
  },
  'an alias that resolves to foreign addresses too': {
    file: 'alias',
    resolved: { 'orders.internal.example': ['10.0.1.11', '10.9.9.9'] },
    expected: refusedOrders('and to addresses that no endpoint has'),
  },
  'an alias that resolves to two endpoints': {
    file: 'alias',
    resolved: { 'orders.internal.example': ['10.0.1.11', '10.0.1.21'] },
    expected: refusedOrders('may lead to vpce-0a11111111111111a'),
  },
  'an alias that DNS does not answer': {
    file: 'alias',
    resolved: { 'orders.internal.example': { reason: 'DNS does not answer (ESERVFAIL)', fix: 'try again' } },
    expected: {},
    notes: ['cannot tell whether orders.internal.example leads to PrivateLink: DNS does not answer'],
  },
  'a bucket before the name': {
    file: 'bucket',
    expected: {
      reports: {
        domain: 'reports',
        tags: {
          bucket: tagsFor('reports', {
            protocol: 'https',
            host: `reports.bucket.${corpusEndpoints.bucket.dnsNames[0]}`,
          }),
        },
      },
    },
  },
  'a name of AWS in China': {
    file: 'china',
    expected: {
      orders: {
        domain: 'orders',
        tags: { china: tagsFor('orders', { host: String(corpusEndpoints.china.dnsNames[0]) }) },
      },
    },
  },
  'a service with a URL in the decK file': {
    file: 'address-written-as-url',
    expected: orders({ protocol: 'https', port: '9443', host: String(regional) }),
  },
  'a name of an endpoint with both address families': {
    file: 'dualstack',
    expected: {
      dual: {
        domain: 'dual',
        tags: { dual: tagsFor('dual', { host: String(corpusEndpoints.dual.dnsNames[0]) }) },
        differences: ['service:dual host'],
      },
    },
  },
  'a name of an endpoint with both address families, from a source of IPv4 alone': {
    file: 'dualstack',
    scopes: seeing({ dual: { allow: { addressFamilies: ['ipv4'] } } }),
    expected: {
      dual: { domain: 'dual', tags: { dual: tagsFor('dual', { host: String(corpusEndpoints.dual.dnsNames[0]) }) } },
    },
  },
};

const shop = {
  orders: tagsFor('shop', { protocol: 'https', host: 'api.shop.example', weight: '80' }),
  pay: tagsFor('shop', { protocol: 'https', host: 'api.shop.example', weight: '20' }),
};

const balanced: Readonly<Record<string, AdoptCase>> = {
  'two names without host_header': {
    file: 'upstream-names',
    expected: {
      shop: {
        domain: 'shop',
        tags: {
          orders: tagsFor('shop', { protocol: 'https', host: String(regional) }),
          pay: tagsFor('shop', { protocol: 'https', host: String(regional) }),
        },
        differences: ['upstream:shop.upstream host_header'],
      },
    },
  },
  'two names with host_header and weights': {
    file: 'upstream-names-host-header',
    expected: { shop: { domain: 'shop', tags: shop } },
  },
  'addresses with checks, TLS and a server name': {
    file: 'upstream-addresses-checked',
    expected: orders({ protocol: 'https', host: 'api.orders.example' }),
  },
  'addresses without host_header': {
    file: 'upstream-addresses-http',
    expected: orders({ port: '8080' }),
  },
  'addresses with TLS without host_header': {
    file: 'upstream-addresses-tls',
    expected: refusedOrders('upstream orders.up has no host_header: the provider gets no TLS server name'),
  },
  'addresses with TLS without host_header, and routes that preserve the Host': {
    file: 'upstream-addresses-tls-preserved',
    expected: orders({ protocol: 'https', host: String(regional) }),
  },
  'an upstream that lacks a zone': {
    file: 'upstream-one-zone-missing',
    expected: orders({ host: 'api.orders.example' }, { differences: ['upstream:orders.up targets'] }),
  },
  'zonal names of all zones': {
    file: 'upstream-zonal-names',
    expected: orders({ host: 'api.orders.example' }),
  },
  'weights within one endpoint': {
    file: 'upstream-weights-in-endpoint',
    expected: orders(
      { host: 'api.orders.example', weight: '90' },
      { differences: ['target:orders.up|10.0.2.11:80 weight'] },
    ),
  },
  'a canary with weights 0 and 1000': {
    file: 'upstream-canary',
    expected: {
      orders: {
        domain: 'orders',
        tags: {
          orders: tagsFor('orders', { host: 'api.orders.example', weight: '0' }),
          pay: tagsFor('orders', { host: 'api.orders.example', weight: '1000' }),
        },
      },
    },
  },
  'a foreign target': {
    file: 'upstream-foreign-target',
    expected: refusedOrders('orders.up leads to fallback.example:80 too'),
  },
  'a hash over names': {
    file: 'upstream-hashed',
    expected: {
      carts: {
        domain: 'carts',
        tags: { orders: tagsFor('carts', { host: 'carts.example' }) },
        differences: ['upstream:carts.up targets'],
      },
    },
  },
  'two ports of one endpoint': {
    file: 'upstream-two-ports',
    expected: refusedOrders('is used at ports 8080 and 8081'),
  },
  'a host_header with a port': {
    file: 'upstream-host-header-with-port',
    expected: refusedOrders('host_header api.orders.example:8080 of upstream orders.up has a port'),
  },
  'an upstream without a service': {
    file: 'upstream-unused',
    expected: {},
    notes: ['upstream spare.up points at PrivateLink, but no service uses it'],
  },
  'endpoints of two regions': {
    file: 'two-regions',
    expected: {
      global: {
        domain: 'global',
        tags: {
          orders: tagsFor('global', { protocol: 'https', host: 'api.global.example' }),
          west: tagsFor('global', { protocol: 'https', host: 'api.global.example' }),
        },
      },
    },
  },
  'a private API of API Gateway': {
    file: 'private-api',
    expected: {
      'private-api': {
        domain: 'private-api',
        tags: {
          api: tagsFor('private-api', {
            protocol: 'https',
            host: 'a1b2c3d4e5.execute-api.us-east-1.amazonaws.com',
          }),
        },
      },
    },
  },
};

const addressed: Readonly<Record<string, AdoptCase>> = {
  'an address': {
    file: 'address',
    expected: {
      files: {
        domain: 'files',
        tags: { files: tagsFor('files', { port: '8080', host: '10.0.3.31' }) },
        findings: ['the provider sees the address 10.0.3.31'],
      },
    },
  },
  'an address of one of two zones': {
    file: 'address-two-zones',
    expected: orders(
      { host: '10.0.1.11' },
      { differences: ['service:orders host'], findings: ['the provider sees the address 10.0.1.11'] },
    ),
  },
  'an address in two VPCs': {
    file: 'address-two-zones',
    scopes: seeing({}, ordersTwin),
    expected: refusedOrders(
      'address 10.0.1.11 may lead to vpce-0a11111111111111a (vpc-us-east-1, hub.self.us-east-1) or',
    ),
  },
  'an address, and a scope that cannot be read': {
    file: 'address-two-zones',
    scopes: [...seeing({}), unreadScope],
    expected: refusedOrders('but scope hub.self.eu-west-1 cannot be read'),
  },
  'an address with TLS': {
    file: 'address-tls',
    expected: {
      files: { domain: 'files', refused: 'service files is on an address: the provider gets no TLS server name' },
    },
  },
  'an IPv6 address': {
    file: 'address-ipv6',
    expected: { six: { domain: 'six', tags: { six: tagsFor('six') }, differences: ['service:six host_header'] } },
  },
  'nothing of PrivateLink': { file: 'nothing-of-privatelink', expected: {} },
  'nothing of PrivateLink in unreadable scopes': {
    file: 'nothing-of-privatelink',
    scopes: [unreadScope],
    expected: {},
  },
};

const routed: Readonly<Record<string, AdoptCase>> = {
  'routes of every kind': {
    file: 'routes-of-every-kind',
    expected: orders(
      { host: String(regional) },
      { findings: ['route orders-plain has path /o, which matches /ox too'] },
    ),
  },
  'plugins of every kind': { file: 'plugins-of-every-kind', expected: orders({ host: String(regional) }) },
  'a path on the service': {
    file: 'path-on-service',
    expected: {
      billing: {
        domain: 'billing',
        tags: { orders: tagsFor('billing', { protocol: 'https', host: String(regional) }) },
        findings: ['matches /billingx too'],
      },
    },
  },
  'a route with an expression': { file: 'expression-route', expected: orders({ host: String(regional) }) },
  'gRPC with TLS': {
    file: 'grpc',
    expected: {
      quotes: {
        domain: 'quotes',
        tags: { orders: tagsFor('quotes', { protocol: 'grpcs', host: String(regional), path: '/quotes.Quotes' }) },
      },
    },
  },
  'gRPC without a path': {
    file: 'grpc-without-path',
    expected: { quotes: { domain: 'quotes', refused: 'tag kong:path is absent' } },
  },
  'a stream of TCP': { file: 'tcp', expected: { database: { domain: 'database', refused: 'speaks tcp' } } },
  'a service that is disabled and has no route': {
    file: 'disabled-and-without-route',
    expected: orders({ host: String(regional) }, { findings: ['is disabled', 'has no route'] }),
  },
  'odd names and no name': {
    file: 'odd-names',
    expected: {
      'Orders API (v2)': {
        domain: 'orders-api-v2',
        tags: { orders: tagsFor('orders-api-v2', { host: String(regional) }) },
      },
      'orders.api.v2': {
        domain: 'orders-api-v2-2',
        tags: { pay: tagsFor('orders-api-v2-2', { host: String(corpusEndpoints.pay.dnsNames[0]) }) },
      },
      'services/2': {
        domain: 'service-cf91a01c',
        tags: { files: tagsFor('service-cf91a01c', { host: String(corpusEndpoints.files.dnsNames[0]) }) },
      },
    },
  },
};

const contested: Readonly<Record<string, AdoptCase>> = {
  'two services with different paths on one endpoint': {
    file: 'two-services-one-endpoint',
    expected: {
      'orders-v1': { domain: 'orders-v1', refused: 'domain orders-v2 takes its endpoint with service orders-v2' },
      'orders-v2': {
        domain: 'orders-v2',
        tags: { orders: tagsFor('orders-v2', { host: String(regional) }) },
      },
    },
  },
  'two services with different paths on one endpoint, with names from people': {
    file: 'two-services-one-endpoint',
    names: { 'orders-v1': 'orders' },
    expected: {
      'orders-v1': { domain: 'orders', tags: { orders: tagsFor('orders', { host: String(regional) }) } },
      'orders-v2': { domain: 'orders-v2', refused: 'domain orders takes its endpoint with service orders-v1' },
    },
  },
  'two services on one upstream': {
    file: 'two-services-one-upstream',
    expected: {
      ...orders({ host: 'api.orders.example' }),
      'orders-admin': { domain: 'orders-admin', refused: 'domain orders takes upstream orders.up' },
    },
  },
  'an endpoint with some tags': {
    file: 'tagged-already',
    scopes: seeing({
      orders: { tags: { 'kong:domain': 'orders', 'kong:port': '80', 'kong:protocol': 'https', 'kong:weight': '100' } },
    }),
    expected: {
      'legacy-orders-service': {
        domain: 'orders',
        tags: { orders: { 'kong:protocol': 'http', 'kong:port': '8080', 'kong:host': String(regional) } },
      },
    },
  },
  'an endpoint with the tag keys of its source': {
    file: 'regional-name',
    scopes: seeing({ orders: { tagKeys: { ...corpusEndpoints.orders.tagKeys, domain: 'team/domain' } } }),
    expected: {
      orders: {
        domain: 'orders',
        tags: { orders: { 'team/domain': 'orders', 'kong:host': String(regional) } },
        findings: ['/ordersx'],
      },
    },
  },
  'two endpoints with tags for two domains': {
    file: 'upstream-names-host-header',
    scopes: seeing({ orders: { tags: { 'kong:domain': 'shop' } }, pay: { tags: { 'kong:domain': 'pay' } } }),
    expected: { shop: { domain: 'shop', refused: 'of service shop is tagged for domain pay, another one for shop' } },
  },
  'a domain that is already generated': {
    file: 'generated-already',
    scopes: seeing({ orders: { tags: { 'kong:domain': 'orders' } } }),
    expected: { 'orders-by-hand': { domain: 'orders', refused: 'domain orders is already generated' } },
  },
  'an endpoint of another gateway': {
    file: 'regional-name',
    scopes: seeing({ orders: { tags: { 'kong:gateway': 'team-b' } } }),
    expected: refusedWithFinding('tag kong:gateway of endpoint vpce-0a11111111111111a is team-b'),
  },
  'a pending endpoint': {
    file: 'regional-name',
    scopes: seeing({ orders: { state: 'pending' } }),
    expected: refusedWithFinding('endpoint vpce-0a11111111111111a is pending'),
  },
  'a rejected endpoint': {
    file: 'regional-name',
    scopes: seeing({ orders: { state: 'rejected', addresses: [] } }),
    expected: refusedWithFinding('endpoint vpce-0a11111111111111a is rejected'),
  },
  'an endpoint without its network interface in the answer of AWS': {
    file: 'regional-name',
    scopes: seeing({ orders: { problem: { reason: 'AWS does not list its network interface eni-1', fix: 'look' } } }),
    expected: refusedWithFinding('is uncertain: AWS does not list its network interface eni-1'),
  },
  'an endpoint of an unsupported type': {
    file: 'regional-name',
    scopes: seeing({ orders: { type: 'ServiceNetwork' } }),
    expected: refusedWithFinding('of type ServiceNetwork'),
  },
  'an endpoint of an account that no source reads': {
    file: 'regional-name',
    scopes: scopesWith([corpusEndpoints.pay]),
    expected: refusedWithFinding('vpce-0a11111111111111a is in no account and region that the sources'),
  },
  'an endpoint that may be in an unreadable scope': {
    file: 'regional-name',
    scopes: [...scopesWith([corpusEndpoints.pay]), unreadScope],
    expected: refusedWithFinding('scope hub.self.eu-west-1 cannot be read: ec2:DescribeVpcEndpoints is not allowed'),
  },
  'a domain that the source may not claim': {
    file: 'regional-name',
    scopes: seeing({ orders: { allow: { domains: ['pay'] } } }),
    expected: refusedWithFinding('would be in quarantine with its tags: it claims domain orders'),
  },
  'a configured select tag': {
    file: 'owned-by-deck-tag',
    selectTags: ['team-orders'],
    expected: refusedOrders('service orders carries select tag team-orders of decK'),
  },
  'a tag that is not configured as a select tag': {
    file: 'owned-by-deck-tag',
    expected: orders({ host: String(regional) }),
  },
  'a decK file with its own select tag': {
    file: 'select-tag-of-file',
    expected: refusedWithFinding('decK manages service orders: its file selects by team-orders'),
  },
  'a base file': {
    file: 'regional-name',
    baseNames: ['route:orders'],
    expected: refusedWithFinding('route orders is written in a base file'),
  },
  Terraform: { file: 'owned-by-terraform', expected: refusedOrders('managed-by:terraform: Terraform manages it') },
  'the ingress controller': {
    file: 'owned-by-ingress-controller',
    expected: refusedOrders('Kong Ingress Controller manages it'),
  },
  'an operator': {
    file: 'owned-by-operator',
    expected: refusedOrders('route orders carries tag k8s-name:orders-route'),
  },
  'another owner': {
    file: 'owned-by-other-owner',
    expected: refusedWithFinding('service orders belongs to owner team-b'),
  },
};

export const adoptCases: Readonly<Record<string, AdoptCase>> = {
  ...named,
  ...balanced,
  ...addressed,
  ...routed,
  ...contested,
};

export const allScopes = scopesWith(corpusWith());
