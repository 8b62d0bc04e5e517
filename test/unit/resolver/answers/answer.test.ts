import { describe, expect, it } from '@jest/globals';
import { liveReach, type Reach } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { type AnswerOptions, answerTo, type ReachOfDomain } from '#resolver/answers/answer';
import { type Query, readQuery } from '#resolver/packets/query';
import { writeReply } from '#resolver/packets/reply';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { queryOf, readAnswer } from '../../../support/network/dns';

type Place = readonly [ip: string, zoneId: string, weight?: number, port?: number];

const places: readonly Place[] = [
  ['10.0.1.1', 'use1-az1', 300],
  ['fd00:0000:0000:0000:0000:0000:0000:0001', 'use1-az1'],
  ['10.0.2.1', 'use1-az2', 100, 8080],
];

function reachOf(all = places, down: readonly string[] = [], observedAtMs = 1_000): Reach {
  const endpoints = all.map(([ip, zoneId, weight = 100, port = 80], index) =>
    endpointOf({
      id: `vpce-${index}`,
      createdAtMs: index,
      weight,
      port,
      addresses: [{ ip, zoneId, region: 'us-east-1' }],
    }),
  );
  const route = resolveRoutes(snapshotOf(knownScope(endpoints)), 'use1-az1').get('sd2');
  if (!route) throw new Error('the test resolves nothing');
  return liveReach(route, { seenOf: () => ({ observedAtMs }), down: new Set(down) }, undefined);
}

const suffix = ['privatelink', 'internal'];

/** The answer, read by dns-packet; undefined if the question is forwarded. */
function ask(
  name: string,
  type: Parameters<typeof queryOf>[1],
  options: Partial<AnswerOptions> = {},
  sd2: ReachOfDomain = reachOf(),
) {
  const query = readQuery(queryOf(name, type)) as Query;
  const answered = answerTo(query, {
    suffix,
    isZonal: true,
    sinceMs: 500,
    reachOf: (domain) => (domain === 'sd2' ? sd2 : 'none'),
    ...options,
  });
  if (!answered) return undefined;
  const { bytes } = writeReply(query, answered, { most: 65_535, isPartFine: true, isForwarding: true });
  return { ...readAnswer(bytes), oldestMs: answered.oldestMs, isStale: answered.isStale };
}

function targetsOf(reach: Reach): readonly string[] {
  const { answers = [] } = ask('sd2.privatelink.internal', 'SRV', {}, reach) ?? {};
  return answers.map(({ data }) => (data as { target: string }).target);
}

const soa = [{ type: 'SOA', name: 'privatelink.internal', ttl: 1, data: expect.objectContaining({ minimum: 1 }) }];

describe('answerTo', () => {
  it.each(['sd2.privatelink.internal', '_http._tcp.sd2.privatelink.internal', '_HTTP._tcp.SD2.PrivateLink.Internal'])(
    'answers with ports, weights and addresses of the own zone for %s, and with other zones as spares',
    (name) => {
      const answer = ask(name, 'SRV');

      expect(answer).toMatchObject({ rcode: 'NOERROR', flag_aa: true, authorities: [] });
      expect(answer?.answers).toEqual([
        expect.objectContaining({
          name,
          type: 'SRV',
          ttl: 1,
          data: { priority: 1, weight: 750, port: 80, target: '10.0.1.1' },
        }),
        expect.objectContaining({
          data: { priority: 1, weight: 250, port: 80, target: 'fd00:0000:0000:0000:0000:0000:0000:0001' },
        }),
        expect.objectContaining({ data: { priority: 1, weight: 1, port: 8080, target: '10.0.2.1' } }),
      ]);
    },
  );

  it.each([
    ['A', ['10.0.1.1']],
    ['AAAA', ['fd00::1']],
  ] as const)('answers %s with the addresses of that family', (type, ips) => {
    expect(ask('sd2.privatelink.internal', type)?.answers.map(({ data }) => data)).toEqual(ips);
  });

  it('answers NOERROR without records where no address of the family exists, and not NXDOMAIN', () => {
    const only4 = reachOf(places.slice(2));

    expect(ask('sd2.privatelink.internal', 'AAAA', {}, only4)).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
      authorities: soa,
    });
  });

  it.each(['TXT', 'MX', 'NS', 'CNAME', 'SOA'] as const)('has no %s record of a domain', (type) => {
    expect(ask('sd2.privatelink.internal', type)).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: soa });
  });

  it('uses the next zone where all targets of the own zone are down, without these', () => {
    const down = reachOf(places, ['10.0.1.1 80', 'fd00:0000:0000:0000:0000:0000:0000:0001 80']);

    expect(ask('sd2.privatelink.internal', 'SRV', {}, down)?.answers.map(({ data }) => data)).toEqual([
      { priority: 1, weight: 100, port: 8080, target: '10.0.2.1' },
    ]);
  });

  it('keeps down targets in a zone with live ones, because Kong checks each target itself', () => {
    const one = reachOf(places, ['10.0.1.1 80']);

    expect(targetsOf(one)).toEqual(['10.0.1.1', 'fd00:0000:0000:0000:0000:0000:0000:0001', '10.0.2.1']);
  });

  it('has no spare that is down, no spare in A, and at most eight', () => {
    const others = Array.from({ length: 9 }, (_, index): Place => [`10.0.2.${index + 1}`, 'use1-az2']);
    const many = reachOf([['10.0.1.1', 'use1-az1'], ...others], ['10.0.2.1 80']);

    expect(targetsOf(reachOf(places, ['10.0.2.1 8080']))).toHaveLength(2);
    expect(targetsOf(many)).toEqual(['10.0.1.1', ...others.slice(1).map(([ip]) => ip)]);
    expect(ask('sd2.privatelink.internal', 'A', {}, many)?.answers).toHaveLength(1);
  });

  it('answers with all targets where all are down, and without affinity', () => {
    const down = reachOf(places, ['10.0.1.1 80', 'fd00:0000:0000:0000:0000:0000:0000:0001 80', '10.0.2.1 8080']);

    expect(ask('sd2.privatelink.internal', 'SRV', {}, down)?.answers).toHaveLength(3);
    expect(ask('sd2.privatelink.internal', 'SRV', { isZonal: false })?.answers).toHaveLength(3);
  });

  it("keeps the ratios of weights that exceed a record's limit", () => {
    const heavy = reachOf([
      ['10.0.1.1', 'use1-az1', 65_535],
      ['10.0.1.2', 'use1-az1', 1],
    ]);

    const weights = ask('sd2.privatelink.internal', 'SRV', {}, heavy)?.answers.map(
      ({ data }) => (data as { weight: number }).weight,
    );

    expect(weights).toEqual([65_535, 1]);
  });

  it.each([
    ['nope.privatelink.internal', 'a domain that there is not'],
    ['_tcp.nope.privatelink.internal', 'what would be above its service'],
    ['x.sd2.privatelink.internal', 'a name below a domain'],
    ['_https._tcp.sd2.privatelink.internal', 'another service'],
    ['-.privatelink.internal', 'a label that is no domain'],
    [`${'a'.repeat(63)}.x.privatelink.internal`, 'a long label'],
  ])('answers NXDOMAIN for %s, which is %s', (name) => {
    expect(ask(name, 'SRV')).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, answers: [], authorities: soa });
  });

  it.each(['privatelink.internal', '_tcp.sd2.privatelink.internal'])(
    'answers NOERROR without records for %s, which exists',
    (name) => {
      expect(ask(name, 'A')).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: soa });
    },
  );

  it('answers with the SOA of the suffix', () => {
    expect(ask('PRIVATELINK.internal', 'SOA')).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ type: 'SOA', name: 'PRIVATELINK.internal' }],
    });
  });

  it.each(['sd2.privatelink.internal', 'privatelink.internal'])('answers ANY of %s with one HINFO record', (name) => {
    expect(ask(name, 'ANY')?.answers).toMatchObject([{ type: 'HINFO', ttl: 1, data: { cpu: 'RFC8482' } }]);
  });

  it.each(['AXFR', 'IXFR'] as const)('refuses %s, even of foreign names', (type) => {
    expect(ask('privatelink.internal', type)).toMatchObject({ rcode: 'REFUSED' });
    expect(ask('example.com', type)).toMatchObject({ rcode: 'REFUSED' });
  });

  it.each(['internal', 'example.com', 'xprivatelink.internal', 'sd2.privatelink.internal.example.com', '.'])(
    'leaves %s to the forwarder',
    (name) => {
      expect(ask(name, 'A')).toBeUndefined();
    },
  );

  it('answers SERVFAIL, and not NXDOMAIN, when all data are too old', () => {
    expect(ask('sd2.privatelink.internal', 'SRV', { sinceMs: 1_001 })).toMatchObject({
      rcode: 'SERVFAIL',
      answers: [],
      isStale: true,
      oldestMs: undefined,
    });
  });

  it('answers SERVFAIL while the domain is unknown, and NXDOMAIN if the domain does not exist', () => {
    const [unknown, none] = (['unknown', 'none'] as const).map(
      (one) => ask('sd2.privatelink.internal', 'SRV', {}, one)?.rcode,
    );

    expect([unknown, none]).toEqual(['SERVFAIL', 'NXDOMAIN']);
  });

  it('reports the age of its oldest data', () => {
    expect(ask('sd2.privatelink.internal', 'SRV')?.oldestMs).toBe(1_000);
  });
});
