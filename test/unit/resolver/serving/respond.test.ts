import { describe, expect, it } from '@jest/globals';
import { emptyFeed, type Feed } from '#data-plane/feed/feed';
import { liveReach, type Reach } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { createAnswerCounts } from '#resolver/serving/counts';
import { createRespond, type RespondOptions } from '#resolver/serving/respond';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { messageOf, queryOf, readAnswer } from '../../../support/network/dns';

const probe = { kind: 'none', path: '/', intervalMs: 5_000, timeoutMs: 1_000, fall: 2, rise: 1 } as const;

function reachOf(count = 1): Reach {
  const addresses = Array.from({ length: count }, (_, index) => ({
    ip: `10.0.${index >> 8}.${index & 255}`,
    region: 'us-east-1',
  }));
  const route = resolveRoutes(snapshotOf(knownScope([endpointOf({ addresses })])), undefined).get('sd2');
  if (!route) throw new Error('the test resolves nothing');
  return liveReach(route, { seenOf: () => ({ observedAtMs: 0 }), down: new Set() }, undefined);
}

type World = { names?: ReadonlySet<string>; isWhole: boolean; reach?: Reach; revision: number; nowMs: number };

function open(over: Partial<World> = {}, options: Partial<RespondOptions> = {}) {
  const world: World = { names: new Set(['sd2']), isWhole: true, reach: reachOf(), revision: 1, nowMs: 0, ...over };
  const used: string[] = [];
  const waits: string[] = [];
  const tooMany: unknown[] = [];
  const heard: { onNamed: () => void; onFirst: () => void } = { onNamed: () => {}, onFirst: () => {} };
  const feed: Feed = {
    ...emptyFeed,
    hasSources: true,
    use: (domain) => void used.push(domain),
    hasDomain: (domain) => world.names?.has(domain) || (world.names && world.isWhole ? false : undefined),
    reachOf: () => world.reach ?? 'undiscovered',
    revision: () => world.revision,
    named: async () => {
      waits.push('named');
      heard.onNamed();
    },
    first: async (domain) => {
      waits.push(domain);
      heard.onFirst();
    },
  };
  const counts = createAnswerCounts();
  const respond = createRespond({
    feed,
    suffix: 'privatelink.internal',
    isZonal: true,
    maxStaleMs: 1_000,
    probe,
    counts,
    monotonicMs: () => world.nowMs,
    onTooMany: (...told) => void tooMany.push(told),
    ...options,
  });
  const ask = async (
    name: string,
    ...rest: [type?: 'SRV' | 'A', edns?: Parameters<typeof queryOf>[2], by?: 'udp' | 'tcp']
  ) => {
    const [type = 'SRV', edns, by = 'udp'] = rest;
    const bytes = await respond(queryOf(name, type, edns), by);
    return bytes && readAnswer(bytes);
  };
  return { world, used, waits, tooMany, heard, counts, respond, ask };
}

describe('createRespond', () => {
  it('answers a domain, and repeats the answer until the feed changes, or the data are too old', async () => {
    const { world, ask } = open();

    const first = await ask('sd2.privatelink.internal');
    world.reach = reachOf(2);
    const kept = await ask('sd2.privatelink.internal');
    world.revision += 1;
    const renewed = await ask('sd2.privatelink.internal');
    world.nowMs = 1_001;
    const stale = await ask('sd2.privatelink.internal');

    expect([first, kept, renewed].map((one) => one?.answers.length)).toEqual([1, 1, 2]);
    expect(stale).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
  });

  it('keeps no state of names that do not exist', async () => {
    const { ask, used, waits, counts } = open();

    const answers = await Promise.all(['x', 'y', 'z'].map((name) => ask(`${name}.privatelink.internal`)));

    expect(answers.map((one) => one?.rcode)).toEqual(['NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN']);
    expect([used, waits]).toEqual([[], []]);
    expect([...counts.answers.values()]).toEqual([{ type: 'SRV', rcode: 'NXDOMAIN', count: 3 }]);
  });

  it('answers SERVFAIL for a name that an unread scope may hold', async () => {
    const { ask } = open({ isWhole: false });

    expect((await ask('sd3.privatelink.internal'))?.rcode).toBe('SERVFAIL');
    expect((await ask('sd2.privatelink.internal'))?.rcode).toBe('NOERROR');
  });

  it.each([
    ['names are known', new Set(['sd2']), ['sd2']],
    ['no names are known yet', undefined, ['named', 'sd2']],
  ])(
    'waits as little as possible where %s, and for a domain only after the thread knows of it',
    async (_, names, expected) => {
      const { world, ask, heard, waits, used } = open({ names, reach: undefined });
      const told: boolean[] = [];
      heard.onNamed = () => {
        world.names = new Set(['sd2']);
      };
      heard.onFirst = () => {
        told.push(used.includes('sd2'));
        world.reach = reachOf();
      };

      const answer = await ask('sd2.privatelink.internal');

      expect([waits, told, answer?.rcode]).toEqual([expected, [true], 'NOERROR']);
    },
  );

  it('waits for the first names, and for the first answer of a domain', async () => {
    const { world, ask, heard, used, waits } = open({ names: undefined, reach: undefined });
    heard.onNamed = () => {
      world.names = new Set(['sd2']);
    };
    // The feed answers only for a domain in use.
    heard.onFirst = () => {
      if (used.includes('sd2')) world.reach = reachOf();
    };

    expect((await ask('sd2.privatelink.internal'))?.answers).toHaveLength(1);
    expect(waits).toEqual(['named', 'sd2']);
  });

  it('answers SERVFAIL when nothing is known in time', async () => {
    const { ask } = open({ names: undefined, reach: undefined });

    expect((await ask('sd2.privatelink.internal'))?.rcode).toBe('SERVFAIL');
  });

  it('forwards other names, and answers SERVFAIL when that fails', async () => {
    const given = queryOf('example.com', 'A');
    const { ask, counts } = open(
      {},
      { forward: async (bytes, { labels }) => (labels[0] === 'example' ? bytes : undefined) },
    );

    const [found, lost] = [await ask('example.com', 'A'), await ask('nowhere.com', 'A')];

    expect(found).toEqual(readAnswer(given));
    expect(lost).toMatchObject({ rcode: 'SERVFAIL', flag_ra: true, flag_aa: false });
    expect([counts.forwarded, counts.unforwarded]).toEqual([2, 1]);
  });

  it('refuses other names where it does not forward', async () => {
    expect(await open().ask('example.com', 'A')).toMatchObject({ rcode: 'REFUSED', flag_ra: false });
  });

  it('makes a client use TCP, and sends all records there', async () => {
    const { ask, counts } = open({ reach: reachOf(300) });

    const [cut, whole] = [
      await ask('sd2.privatelink.internal', 'SRV', { size: 1_232 }),
      await ask('sd2.privatelink.internal', 'SRV', { size: 1_232 }, 'tcp'),
    ];

    expect([cut?.flag_tc, cut?.answers.length]).toEqual([true, 0]);
    expect([whole?.flag_tc, whole?.answers.length]).toEqual([false, 300]);
    expect(counts.truncated).toBe(1);
  });

  it('reports once how many records do not fit, by any transport', async () => {
    const { ask, tooMany } = open({ reach: reachOf(3_000) });

    const answer = await ask('sd2.privatelink.internal', 'SRV', undefined, 'tcp');
    await ask('sd2.privatelink.internal', 'SRV', undefined, 'tcp');

    expect(answer?.answers.length).toBeGreaterThan(1_500);
    expect(tooMany).toEqual([['sd2', 3_000 - (answer?.answers.length ?? 0)]]);
  });

  it('answers an unreadable message with a result code alone, and an answer with nothing', async () => {
    const { respond } = open();

    const [faulty, answer] = [
      await respond(messageOf({ counts: [2, 0, 0, 0] }), 'udp'),
      await respond(messageOf({ flags: 0x8000 }), 'udp'),
    ];

    expect(faulty && readAnswer(faulty)).toMatchObject({ id: 1, rcode: 'FORMERR', questions: [] });
    expect(answer).toBeUndefined();
  });
});
