import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { createPlane } from '#sandbox/konnect/plane';
import { Refusal } from '#sandbox/konnect/refusal';
import { createStore, type Store } from '#sandbox/konnect/store';

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const createEmpty = () => createStore(() => false);

/** A service `sd2` (1) with a route (2), and an upstream (3) with a target (4). */
function createFilled(): Store {
  const store = createEmpty();
  store.put('services', id(1), { name: 'sd2', host: 'sd2.privatelink' });
  store.put('routes', id(2), { name: 'sd2', paths: ['/sd2'], service: { id: id(1) } });
  store.put('upstreams', id(3), { name: 'sd2.privatelink' });
  store.put('targets', id(4), { target: '10.0.0.1:80', upstream: { id: id(3) } });
  return store;
}

function refusalOf(act: () => unknown): JsonObject {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.body;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('put', () => {
  it('fills in the defaults of Konnect, not of older gateways', () => {
    const store = createFilled();

    expect(store.find('routes', id(2))).toMatchObject({ protocols: ['https'], strip_path: true, preserve_host: false });
    expect(store.find('services', id(1))).toMatchObject({ port: 80, protocol: 'http', connect_timeout: 60_000 });
    expect(store.find('upstreams', id(3))).toMatchObject({
      algorithm: 'round-robin',
      healthchecks: { threshold: 0, active: { unhealthy: { tcp_failures: 0 } } },
    });
    expect(store.find('targets', id(4))).toMatchObject({ weight: 100, failover: false });
  });

  it('replaces: a field that the body omits or sets to null returns to its default', () => {
    const store = createEmpty();
    store.put('services', id(1), { name: 'sd2', host: 'a.test', retries: 2, path: '/x' });

    const replaced = store.put('services', id(1), { name: 'sd2', host: 'a.test', retries: null });

    expect(replaced).toMatchObject({ retries: 5 });
    expect(replaced).not.toHaveProperty('path');
  });

  it('fills in the configuration of a bundled plugin', () => {
    const plugin = createEmpty().put('plugins', id(1), { name: 'rate-limiting', config: { minute: 5 } });

    expect(plugin.config).toMatchObject({ minute: 5, policy: 'local', limit_by: 'consumer' });
  });

  it.each([
    ['10.0.0.1', '10.0.0.1:8000'],
    ['api.internal:80', 'api.internal:80'],
    ['[2001:db8::1]:80', '[2001:db8::1]:80'],
    ['[2001:db8::1]', '[2001:db8::1]:8000'],
  ])('stores target %s as %s', (given, stored) => {
    const store = createFilled();

    expect(store.put('targets', undefined, { target: given, upstream: { id: id(3) } }).target).toBe(stored);
  });

  it.each([
    ['an unknown field', 'services', { host: 'a.test', hosts: [] }, "'hosts' not allowed"],
    ['a tag with a slash', 'services', { host: 'a.test', tags: ['a/b'] }, 'must not contain'],
    ['a tag with a comma', 'services', { host: 'a.test', tags: ['a,b'] }, 'must not contain'],
    ['a tag of 129 characters', 'services', { host: 'a.test', tags: ['x'.repeat(129)] }, '128'],
    ['a port above 65535', 'services', { host: 'a.test', port: 65_536 }, 'port'],
    ['tls_verify on http', 'services', { host: 'a.test', tls_verify: false }, 'tls_verify'],
    ['a service without host', 'services', { name: 'a' }, 'host'],
    ['a route that matches nothing', 'routes', { name: 'a' }, 'must set one of'],
    ['a path without slash', 'routes', { paths: ['a'] }, 'must begin with'],
    ['strip_path on gRPC', 'routes', { paths: ['/a'], protocols: ['grpc'] }, 'strip_path'],
    ['IPv6 without brackets', 'targets', { target: '2001:db8::1:80', upstream: { id: id(3) } }, 'brackets'],
    ['port 0 of a target', 'targets', { target: '10.0.0.9:0', upstream: { id: id(3) } }, 'target'],
    ['weight 65536', 'targets', { target: '10.0.0.9', upstream: { id: id(3) }, weight: 65_536 }, 'weight'],
    ['an unknown plugin', 'plugins', { name: 'privatelink' }, 'does not exist'],
    ['a dangling reference', 'routes', { paths: ['/a'], service: { id: id(9) } }, 'service.id (type: foreign)'],
    ['a taken name', 'services', { name: 'sd2', host: 'a.test' }, 'name (type: unique)'],
    ['an address twice', 'targets', { target: '10.0.0.1:80', upstream: { id: id(3) } }, 'target (type: unique)'],
  ] as const)('refuses %s', (_, kind, body, message) => {
    const store = createFilled();

    const refusal = refusalOf(() => store.put(kind, undefined, body));

    expect(refusal.code).toBe(3);
    expect(JSON.stringify(refusal.details)).toContain(message);
  });

  it('accepts a plugin once per service, and once more for all services', () => {
    const store = createFilled();
    store.put('plugins', undefined, { name: 'key-auth', service: { id: id(1) } });
    store.put('plugins', undefined, { name: 'key-auth' });

    expect(() => store.put('plugins', undefined, { name: 'key-auth', service: { id: id(1) } })).toThrow(Refusal);
    expect(store.values('plugins')).toHaveLength(2);
  });

  it('frees a name when its holder takes another', () => {
    const store = createFilled();
    store.put('services', id(1), { name: 'renamed', host: 'a.test' });

    expect(store.put('services', id(5), { name: 'sd2', host: 'a.test' }).id).toBe(id(5));
  });

  it('holds 10,000 targets and refuses one more', () => {
    const store = createFilled();
    for (let count = 1; count < 10_000; count += 1) {
      store.put('targets', undefined, { target: `10.1.${count >> 8}.${count & 255}:80`, upstream: { id: id(3) } });
    }

    expect(() => store.put('targets', undefined, { target: '10.9.9.9:80', upstream: { id: id(3) } })).toThrow(/limit/);
    expect(() => store.put('targets', id(4), { target: '10.0.0.1:81', upstream: { id: id(3) } })).not.toThrow();
  });
});

describe('remove', () => {
  it('removes the targets of an upstream with it', () => {
    const store = createFilled();

    store.remove('upstreams', id(3));

    expect(store.values('targets')).toEqual([]);
  });

  it('refuses to remove a service with routes, and removes its plugins with it', () => {
    const store = createFilled();
    store.put('plugins', undefined, { name: 'key-auth', service: { id: id(1) } });
    expect(() => store.remove('services', id(1))).toThrow(Refusal);
    store.remove('routes', id(2));

    store.remove('services', id(1));

    expect(store.values('plugins')).toEqual([]);
  });
});

describe('page', () => {
  function createTagged(): Store {
    const store = createEmpty();
    const tags = [['a'], ['a', 'b'], ['b'], ['c'], ['a', 'b']];
    tags.forEach((set, index) => {
      store.put('services', undefined, { name: `s${index}`, host: 'a.test', tags: set });
    });
    return store;
  }

  it.each([
    [undefined, ['s0', 's1', 's2', 's3', 's4']],
    ['a,b', ['s1', 's4']],
    ['a/c', ['s0', 's1', 's3', 's4']],
    ['d', []],
  ])('filters by tags %s', (tags, names) => {
    const { data } = createTagged().page('services', { size: 10, tags });

    expect(data.map((one) => one.name)).toEqual(names);
  });

  it('returns an offset on every page but the last', () => {
    const store = createTagged();

    const first = store.page('services', { size: 1, tags: 'a,b' });
    const last = store.page('services', { size: 1, tags: 'a,b', offset: first.offset });

    expect([first, last].map((page) => page.data.map((one) => one.name))).toEqual([['s1'], ['s4']]);
    expect(last.offset).toBeUndefined();
  });

  it('misses nothing when entities leave and change between pages', () => {
    const store = createFilled();
    for (const last of [2, 3, 4]) {
      store.put('targets', id(last + 4), { target: `10.0.0.${last}:80`, upstream: { id: id(3) } });
    }
    const first = store.page('targets', { size: 2, parentId: id(3) });
    store.remove('targets', id(4));
    store.put('targets', id(7), { target: '10.0.0.3:80', upstream: { id: id(3) }, weight: 1 });

    const second = store.page('targets', { size: 2, parentId: id(3), offset: first.offset });

    expect(second.data.map((one) => one.target)).toEqual(['10.0.0.3:80', '10.0.0.4:80']);
  });

  it('refuses an unknown offset', () => {
    expect(() => createEmpty().page('services', { size: 1, offset: 'x' })).toThrow(Refusal);
  });
});

describe('hash', () => {
  it('depends on content only, not on time or order', () => {
    const [one, other] = [createEmpty(), createEmpty()];
    one.put('upstreams', id(1), { name: 'a' });
    one.put('upstreams', id(2), { name: 'b' });
    other.put('upstreams', id(2), { name: 'b' });
    other.put('upstreams', id(1), { name: 'a' });

    expect(one.hash()).toBe(other.hash());
  });

  it('changes with every change of content', () => {
    const store = createFilled();
    const hashes = [store.hash()];
    store.put('targets', id(4), { target: '10.0.0.1:80', upstream: { id: id(3) }, weight: 1 });
    hashes.push(store.hash());
    store.remove('targets', id(4));
    hashes.push(store.hash());

    expect(new Set(hashes).size).toBe(3);
  });
});

describe('custom plugins', () => {
  it('are known after the upload of their schema, and stay while they are used', () => {
    const plane = createPlane('prod');
    const lua = 'return { name = "privatelink", fields = {} }';
    plane.putSchema(lua);
    plane.store.put('plugins', id(1), { name: 'privatelink', config: { domain: 'sd2' } });

    expect(() => plane.removeSchema('privatelink')).toThrow(/in use/);
    expect(() => plane.putSchema(lua)).toThrow(/unique/);
    expect(() => plane.putSchema(lua, 'other')).toThrow(/schema of privatelink/);
  });
});
