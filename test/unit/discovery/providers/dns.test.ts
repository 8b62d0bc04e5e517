import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configSchema, type DnsConfig } from '#config/schema';
import { createDnsSource } from '#discovery/providers/dns';
import type { Resolver } from '#discovery/providers/resolver';
import { createFakeClock } from '../../../support/passes';
import { firstOf, scopesOf } from '../../../support/sources';

const signal = new AbortController().signal;
const scope = { id: 'corp.dns.none', source: 'corp', account: 'dns', region: 'none' };

type Over = Readonly<Record<string, unknown>>;
type Records = Map<string, readonly (string | readonly [string, number])[] | Error>;

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/**
 * A resolver with `records`, by `<type> <name>`: addresses, or SRV as `priority weight port
 * target`, with a time to live.
 */
function fakeResolver(records: Records) {
  const asked: string[] = [];
  const signals = new Set<AbortSignal>();
  const look = (type: string) => async (name: string, by: AbortSignal) => {
    asked.push(`${type} ${name}`);
    signals.add(by);
    const found = records.get(`${type} ${name}`) ?? [];
    if (found instanceof Error) throw found;
    return found.map((one) => (typeof one === 'string' ? ([one, 60] as const) : one));
  };
  const addresses = (type: string) => async (name: string, by: AbortSignal) =>
    (await look(type)(name, by)).map(([address, ttlSeconds]) => ({ address, ttlSeconds }));
  const resolver: Resolver = {
    resolve4: addresses('A'),
    resolve6: addresses('AAAA'),
    resolveSrv: async (name, by) =>
      (await look('SRV')(name, by)).map(([text]) => {
        const [priority, weight, port, host] = text.split(' ');
        return { priority: Number(priority), weight: Number(weight), port: Number(port), name: host ?? '' };
      }),
  };
  return { resolver, asked, signals };
}

function parse(names: readonly Over[], over: Over = {}) {
  return configSchema.safeParse({
    owner: 'test',
    sources: [{ type: 'dns', name: 'corp', names, ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
}

function open(records: Records, names: readonly Over[] = [{ name: 'api.corp', domain: 'sd2' }], over: Over = {}) {
  const clock = createFakeClock();
  const { resolver, asked, signals } = fakeResolver(records);
  const source = createDnsSource(parse(names, over).data?.sources[0] as DnsConfig, { resolver, clock });
  return { source, clock, asked, signals, discover: () => firstOf(source).discover(signal) };
}

const one: Records = new Map([['A api.corp', ['10.0.0.1']]]);

describe('createDnsSource', () => {
  it('has one scope for all its names', () => {
    expect(scopesOf(open(one).source)).toEqual([scope]);
  });

  it('asks with its own signals, because Node warns of many listeners on one signal', async () => {
    const records: Records = new Map([...one, ['SRV _api.corp', ['1 5 8080 a.corp']], ['A a.corp', ['10.0.0.2']]]);
    const names = ['api.corp', '_api.corp'].map((name, index) => ({ name, domain: `sd${index}` }));
    const { discover, asked, signals } = open(records, names);

    await discover();

    expect(asked).toEqual(expect.arrayContaining(['AAAA api.corp', 'SRV _api.corp', 'AAAA a.corp']));
    expect([signals.size > 0, signals.has(signal)]).toEqual([true, false]);
  });

  it('returns A and AAAA of a name as one endpoint, sorted and in one spelling', async () => {
    const records: Records = new Map([
      ['A api.corp', ['10.0.0.2', '10.0.0.1']],
      ['AAAA api.corp', ['fd00::1']],
    ]);

    const { endpoints, quarantined } = await open(records).discover();

    expect(quarantined).toEqual([]);
    expect(endpoints).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^dns-sd2-[0-9a-f]{12}$/),
        state: 'available',
        createdAtMs: 0,
        port: 80,
        dnsNames: ['api.corp'],
        addresses: ['10.0.0.1', '10.0.0.2', 'fd00:0000:0000:0000:0000:0000:0000:0001'].map((ip) => ({
          ip,
          region: 'none',
        })),
      }),
    ]);
  });

  it('takes ports and weights from SRV, only from the records with the best priority', async () => {
    const records: Records = new Map<string, readonly string[]>([
      ['SRV _http._tcp.corp', ['1 5 8081 b.corp', '1 0 8080 a.corp', '2 9 8080 spare.corp']],
      ['A a.corp', ['10.0.0.1']],
      ['A b.corp', ['10.0.0.2']],
    ]);
    const names = [{ name: '_http._tcp.corp', domain: 'sd2', port: 443, weight: 7 }];

    const { endpoints } = await open(records, names).discover();

    const said = endpoints.map(({ port, weight, addresses }) => [addresses[0]?.ip, port, weight]);
    expect(said.sort()).toEqual([
      ['10.0.0.1', 8080, 1],
      ['10.0.0.2', 8081, 5],
    ]);
  });

  it('returns equal endpoints whatever the order and repetition of answers', async () => {
    const ips = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    const srv = ['1 5 8081 b.corp', '1 9 8081 b.corp', '1 1 8080 a.corp'];
    const names = [
      { name: 'api.corp', domain: 'sd2' },
      { name: '_http._tcp.corp', domain: 'sd3' },
    ];
    const discover = (a: readonly string[], s: readonly string[]) =>
      open(
        new Map([
          ['A api.corp', a],
          ['SRV _http._tcp.corp', s],
          ['A a.corp', a],
          ['A b.corp', a],
        ]),
        names,
      ).discover();
    const expected = await discover(ips, srv);
    const shuffled = (all: readonly string[]) =>
      fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 });

    await fc.assert(
      fc.asyncProperty(shuffled(ips), shuffled(srv), async (a, s) => {
        expect(await discover(a, s)).toEqual(expected);
      }),
    );
  });

  it.each([
    [0, 999, 1],
    [0, 1_000, 2],
    [60, 59_999, 1],
    [60, 60_000, 2],
    [86_400, 299_999, 1],
    [86_400, 300_000, 2],
  ])('fm-20 with a time to live of %i s, after %i ms the name was asked %i times', async (ttl, afterMs, times) => {
    const { discover, clock, asked } = open(new Map([['A api.corp', [['10.0.0.1', ttl] as const]]]));
    await discover();
    clock.advance(afterMs);

    await discover();

    expect(asked.filter((question) => question === 'A api.corp')).toHaveLength(times);
  });

  it.each([
    [4_999, 1],
    [5_000, 2],
  ])('fm-20 after %i ms, a name without records was asked %i times', async (afterMs, times) => {
    const { discover, clock, asked } = open(new Map());
    await expect(discover()).rejects.toMatchObject({ code: 'UNCONFIRMED' });
    clock.advance(afterMs);

    await expect(discover()).rejects.toMatchObject({ code: 'UNCONFIRMED' });

    expect(asked.filter((question) => question === 'A api.corp')).toHaveLength(times);
  });

  it('fm-20 keeps the last answer during errors for an hour, and then the scope is unknown', async () => {
    const records: Records = new Map(one);
    const { discover, clock } = open(records);
    const before = await discover();
    records.set('A api.corp', failure('ESERVFAIL'));

    clock.advance(3_600_000);
    const stale = await discover();
    clock.advance(1);

    expect(stale).toEqual(before);
    await expect(discover()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      transient: true,
      message: expect.stringMatching(/^scope corp\.dns\.none: .*api\.corp \(ESERVFAIL\).*check the name servers/),
    });
  });

  it.each([-6, 6])('fm-41 asks again after the time to live, even if the clock is set by %i h', async (hours) => {
    const { discover, clock, asked } = open(new Map([['A api.corp', [['10.0.0.1', 1]]]]));
    await discover();
    clock.step(hours * 3_600_000);
    await discover();
    const early = asked.filter((question) => question.startsWith('A ')).length;
    clock.advance(1_000);
    await discover();

    expect([early, asked.filter((question) => question.startsWith('A ')).length]).toEqual([1, 2]);
  });

  it('fm-39 reports the time of its oldest answer', async () => {
    const records: Records = new Map([
      ['A api.corp', [['10.0.0.1', 300]]],
      ['AAAA api.corp', [['fd00::1', 1]]],
      ['A www.corp', [['10.0.0.2', 120]]],
    ]);
    const names = ['api', 'www'].map((host) => ({ name: `${host}.corp`, domain: 'sd2' }));
    const { discover, clock } = open(records, names);
    const observed: unknown[] = [];

    for (let pass = 0; pass < 7; pass += 1) {
      observed.push((await discover()).observedAtMs);
      clock.advance(60_000);
    }

    expect(observed).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 241_000, 301_000]);
  });

  it.each([-6, 6])('fm-41 reports this time by the clock as it was set (%i h)', async (hours) => {
    const { discover, clock } = open(
      new Map([
        ['A api.corp', [['10.0.0.1', 300]]],
        ['AAAA api.corp', [['fd00::1', 300]]],
      ]),
    );
    await discover();
    clock.advance(60_000);
    clock.step(hours * 3_600_000);

    expect((await discover()).observedAtMs).toBe(clock.now() - 60_000);
  });

  describe('with rotating answers', () => {
    /** The addresses, or weights by host and port, after each of these answers. */
    async function usedOver(type: string, answers: readonly (readonly string[])[], waitMs = 60_000) {
      const name = type === 'SRV' ? '_http._tcp.corp' : 'api.corp';
      const records: Records = new Map(
        ['a', 'b', 'c'].map((host, index) => [`A ${host}.corp`, [`10.0.1.${index + 1}`]]),
      );
      const { discover, clock } = open(records, [{ name, domain: 'sd2' }]);
      const used: (readonly string[])[] = [];
      for (const answer of answers) {
        records.set(`${type} ${name}`, answer);
        const { endpoints } = await discover();
        const of = endpoints.flatMap(({ addresses, weight }) =>
          addresses.map(({ ip }) => (type === 'SRV' ? `${ip} ${weight}` : ip)),
        );
        used.push(of.sort());
        clock.advance(waitMs);
      }
      return used;
    }

    const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

    it('fm-39 uses all answers of the last hour from the third change on', async () => {
      expect(await usedOver('A', [[a], [b], [c], [a], [a], [b]])).toEqual([
        [a],
        [b],
        [c],
        [a, b, c],
        [a, b, c],
        [a, b, c],
      ]);
    });

    it('uses the last answer after a failover and a return', async () => {
      expect(await usedOver('A', [[a], [b], [a], [a]])).toEqual([[a], [b], [a], [a]]);
    });

    it('uses the last answer after an hour without a change', async () => {
      const steady = Array.from({ length: 62 }, () => [a]);

      const used = await usedOver('A', [[a], [b], [c], ...steady]);

      expect([used[3], used[61], used[62]]).toEqual([[a, b, c], [a, b, c], [a]]);
    });

    it('does not take another order for a rotation', async () => {
      expect(await usedOver('A', [[a, b], [b, a], [a, b], [b, a], [a]])).toEqual([[a, b], [a, b], [a, b], [a, b], [a]]);
    });

    it('fm-39 uses SRV records of the present priority, with their last weights', async () => {
      const answers = [
        ['1 1 80 a.corp', '2 1 80 c.corp'],
        ['1 2 80 b.corp'],
        ['1 3 80 a.corp'],
        ['1 4 80 b.corp'],
        ['2 5 80 c.corp'],
      ];

      expect((await usedOver('SRV', answers)).slice(2)).toEqual([
        ['10.0.1.1 3'],
        ['10.0.1.1 3', '10.0.1.2 4'],
        ['10.0.1.3 5'],
      ]);
    });

    it('does not take other weights for a rotation', async () => {
      const answers = [1, 2, 3, 4, 5].map((weight) => [`1 ${weight} 80 a.corp`]);

      expect((await usedOver('SRV', answers)).at(-1)).toEqual(['10.0.1.1 5']);
    });
  });

  it.each([
    ['A api.corp', failure('ETIMEOUT'), 'UNREACHABLE', 'ETIMEOUT'],
    ['AAAA api.corp', failure('ESERVFAIL'), 'UNREACHABLE', 'ESERVFAIL'],
    ['A api.corp', [], 'UNCONFIRMED', 'resolves to nothing'],
  ])('fm-03 when %s returns %p, the whole scope is unknown', async (question, answer, code, words) => {
    const records: Records = new Map([...one, ['A other.corp', ['10.0.0.9']], [question, answer]]);
    const names = [
      { name: 'other.corp', domain: 'sd1' },
      { name: 'api.corp', domain: 'sd2' },
    ];

    const message = expect.stringMatching(`^scope corp\\.dns\\.none: .*api\\.corp.*${words}`);
    await expect(open(records, names).discover()).rejects.toMatchObject({ code, transient: true, message });
  });

  it('fm-39 remembers the rotating answers of each name, even while another name fails', async () => {
    const names = Array.from({ length: 12 }, (_, index) => ({ name: `n${index}.corp`, domain: 'sd2' }));
    const records: Records = new Map(names.map(({ name }) => [`A ${name}`, ['10.0.0.1']]));
    records.set('A n0.corp', failure('ESERVFAIL'));
    const { discover, asked } = open(records, names);

    await expect(discover()).rejects.toThrow('n0.corp');

    expect(names.filter(({ name }) => !asked.includes(`A ${name}`))).toEqual([]);
  });

  it.each([
    ['has no record', []],
    ['denies the service', ['0 0 0 .']],
    ['names a host that resolves to nothing', ['1 1 80 gone.corp']],
  ])('fm-03 when SRV %s, the whole scope is unknown', async (_, answer) => {
    const { discover } = open(new Map([['SRV _http._tcp.corp', answer]]), [{ name: '_http._tcp.corp', domain: 'sd2' }]);

    await expect(discover()).rejects.toMatchObject({ code: 'UNCONFIRMED' });
  });

  it.each(['8.8.8.8', '172.32.0.1', '2600::1', '::ffff:8.8.8.8'])(
    'quarantines a name that resolves to the public address %s, and the rest goes on',
    async (ip) => {
      const type = ip.includes(':') ? 'AAAA' : 'A';
      const records: Records = new Map([...one, [`${type} www.corp`, [ip]]]);
      const names = [
        { name: 'www.corp', domain: 'sd1' },
        { name: 'api.corp', domain: 'sd2' },
      ];

      const { endpoints, quarantined } = await open(records, names).discover();

      expect(endpoints.map(({ domain }) => domain)).toEqual(['sd2']);
      expect(quarantined).toMatchObject([
        {
          domain: 'sd1',
          code: 'address-not-allowed',
          reason: expect.stringMatching(/has the public address .* \(www\.corp\)/),
          fix: expect.stringContaining('public: true'),
        },
      ]);
    },
  );

  it('accepts a public address where the entry grants it', async () => {
    const records: Records = new Map([['A www.corp', ['8.8.8.8']]]);

    const { endpoints } = await open(records, [{ name: 'www.corp', domain: 'sd1', public: true }]).discover();

    expect(endpoints.map(({ addresses }) => addresses[0]?.ip)).toEqual(['8.8.8.8']);
  });

  it.each(['10.1.2.3', '172.31.0.1', '192.168.0.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1'])(
    'accepts the private address %s',
    async (ip) => {
      const type = ip.includes(':') ? 'AAAA' : 'A';

      const { endpoints } = await open(new Map([[`${type} api.corp`, [ip]]])).discover();

      expect(endpoints).toHaveLength(1);
    },
  );

  it.each([
    [1_000, 1, 0],
    [1_001, 0, 1],
    [5_000, 0, 1],
  ])('returns %i addresses of one name as %i endpoints, %i quarantined', async (count, used, refused) => {
    const ips = Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

    const { endpoints, quarantined } = await open(new Map([['A api.corp', ips]])).discover();

    expect([endpoints.length, quarantined.length]).toEqual([used, refused]);
    expect(quarantined.map(({ reason }) => reason)).toEqual(
      refused ? [`api.corp resolves to ${count} addresses, more than 1000`] : [],
    );
  });

  it('enforces the limits of its source', async () => {
    const { quarantined } = await open(one, undefined, { allow: { domains: ['sd1'] } }).discover();

    expect(quarantined).toMatchObject([{ code: 'domain-not-allowed' }]);
  });

  it.each([
    [[{ name: 'a b', domain: 'sd2' }], {}, 'a DNS name'],
    [[{ name: 'a.corp.', domain: 'sd2' }], {}, 'without a dot at its end'],
    [['a', 'A'].map((name) => ({ name, domain: 'sd2' })), {}, 'name each once for a domain'],
    [[{ name: 'a', domain: 'sd2' }], { servers: ['ns.corp'] }, 'the IP address of a name server'],
  ])('refuses the names %j with %j in the configuration', (names, over, message) => {
    expect(parse(names, over).error?.issues).toMatchObject([{ message: expect.stringContaining(message) }]);
  });
});
