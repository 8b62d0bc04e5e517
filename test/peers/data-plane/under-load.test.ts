import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatTable } from '#io/table';
import { ask } from '#sandbox/estates/estate';
import { describeWithKong } from '../../support/kong/real-kong';
import { leaving, openWays, type Way, type WaysEstate, ways } from '../../support/kong/ways/estate';
import { until } from '../../support/until';

type Counts = Readonly<Record<Way, number>>;
type Row = { readonly event: string; readonly failed: Counts; readonly answered: Counts; readonly followedMs?: Counts };

/** So many requests show where requests go. */
const some = 40;
/** So many last for several times to live of an answer. */
const many = 1_000;

describeWithKong('four ways through a real Kong under load', () => {
  describe.each(['legacy', 'new'] as const)('with the %s DNS client', (client) => {
    let stage: WaysEstate;
    const rows: Row[] = [];

    beforeAll(async () => {
      stage = await openWays(client);
      await until('each is answered', () => ways.every((way) => lastAt(way).length === some));
    });

    afterAll(async () => {
      process.stderr.write(`by the ${client} DNS client, of requests under load:\n${tableOf(rows)}`);
      await stage?.close();
    });

    /** Where the last requests arrived; none before there were enough. */
    function lastAt(way: Way, count = some): readonly string[] {
      const all = stage.addressed.arrivals(way);
      return all.length < count ? [] : all.slice(-count);
    }

    const each = (of: (way: Way) => number): Counts => ({
      alone: of('alone'),
      resolver: of('resolver'),
      zone: of('zone'),
      server: of('server'),
    });

    /** Waits until each was answered so often since then. */
    const answeredSince = (marks: Counts, count: number) =>
      until(`each is answered ${count} times`, () =>
        ways.every((way) => stage.loads[way].answered(marks[way]) >= count),
      );

    /** Lets something happen, waits until all is over, and notes what failed meanwhile. */
    async function observe(event: string, happen: () => Promise<Counts | undefined>): Promise<Row> {
      const marks = each((way) => stage.loads[way].mark());
      const followedMs = await happen();
      await answeredSince(
        each((way) => stage.loads[way].mark()),
        some,
      );
      const failed = each((way) => stage.loads[way].failures(marks[way]).length);
      const answered = each((way) => stage.loads[way].answered(marks[way]));
      const row = { event, failed, answered, followedMs };
      rows.push(row);
      return row;
    }

    /** How long after now it is so for each way, in milliseconds. */
    async function followed(what: string, isSo: (way: Way) => boolean): Promise<Counts> {
      const startMs = performance.now();
      const taken = new Map<Way, number>();
      await until(`each follows: ${what}`, () => {
        for (const way of ways) if (!taken.has(way) && isSo(way)) taken.set(way, performance.now() - startMs);
        return taken.size === ways.length;
      });
      return each((way) => taken.get(way) ?? Number.NaN);
    }

    const addressesOf = (way: Way) => stage.addressed.of(way);

    it('the resolver loses no request when an endpoint is recreated and its old addresses vanish', async () => {
      const { world } = stage.estate;
      const row = await observe('an endpoint is recreated', async () => {
        for (const way of ways) {
          const interfaces = interfacesOf(addressesOf(way).replaced);
          world.recreateEndpoint(stage.endpoints[way]?.[0] ?? '', { interfaces });
        }
        const times = await followed('the new address', (way) => arrivedAtAny(lastAt(way), addressesOf(way).replaced));
        await followed('not the old one', (way) => !arrivedAtAny(lastAt(way), addressesOf(way).first));
        await stage.addressed.swallow(ways.flatMap((way) => addressesOf(way).first));
        return times;
      });

      expect(row.failed).toMatchObject({ resolver: 0 });
    });

    it('the resolver loses no request when weights change', async () => {
      const { world } = stage.estate;
      const row = await observe('weights change', async () => {
        for (const way of ways) {
          const id = stage.endpoints[way]?.[1] ?? '';
          world.setTags(id, { ...world.endpoint(id)?.tags, 'kong:weight': '900' });
        }
        return followed('the heavier one', (way) => countAt(lastAt(way, 100), addressesOf(way).second) > 75);
      });

      expect(row.failed).toMatchObject({ resolver: 0 });
    });

    it('the resolver loses no request when it is killed and starts again', async () => {
      const row = await observe('the resolver is killed', async () => {
        await stage.resolver.kill();
        await answeredSince(
          each((way) => stage.loads[way].mark()),
          many,
        );
        await stage.resolver.start();
        await answeredSince(
          each((way) => stage.loads[way].mark()),
          many,
        );
        return undefined;
      });

      expect(row.failed).toMatchObject({ resolver: 0 });
    });

    it('the resolver loses no request while discovery is down', async () => {
      const row = await observe('discovery is away', async () => {
        const end = stage.estate.aws.inject({ kind: 'denied' });
        await answeredSince(
          each((way) => stage.loads[way].mark()),
          many,
        );
        end();
        await answeredSince(
          each((way) => stage.loads[way].mark()),
          some,
        );
        return undefined;
      });

      expect(row.failed).toMatchObject({ resolver: 0 });
    });

    it('no way loses a request when another domain is retired', async () => {
      const row = await observe('another domain is retired', async () => {
        for (const id of stage.endpoints[leaving] ?? []) stage.estate.world.deleteEndpoint(id);
        await until('it may be retired', () => stage.retire(leaving));
        await until(
          'Kong has no route to it',
          async () => (await ask(`${stage.kong.host}:${stage.kong.port}`, `/${leaving}`, 'trace')).status === 404,
        );
        return undefined;
      });

      expect(row.failed).toEqual({ alone: 0, resolver: 0, zone: 0, server: 0 });
    });

    it('the resolver loses at most four requests when a zone swallows its packets', async () => {
      const row = await observe('a zone dies', async () => {
        const dying = ways.map((way) => [addressesOf(way).replaced[0] ?? '', addressesOf(way).second[0] ?? '']);
        await Promise.all(dying.map((addresses) => stage.addressed.swallow(addresses)));
        const died = each((way) => stage.addressed.arrivals(way).length);
        return followed('the other zone', (way) => stage.addressed.arrivals(way).length > died[way] + some);
      });

      expect(row.failed.resolver).toBeLessThanOrEqual(4);
    });
  });
});

function interfacesOf(addresses: readonly string[]) {
  return addresses.map((ip, index) => ({ ip, zoneId: `use1-az${index + 1}` }));
}

function countAt(arrivals: readonly string[], addresses: readonly string[]): number {
  return arrivals.filter((one) => addresses.includes(one)).length;
}

function arrivedAtAny(arrivals: readonly string[], addresses: readonly string[]): boolean {
  return countAt(arrivals, addresses) > 0;
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ event, failed, answered, followedMs }) =>
    ways.map((way) => {
      const seconds = followedMs ? (followedMs[way] / 1_000).toFixed(1) : '-';
      return [event, way, String(failed[way]), String(answered[way]), seconds];
    }),
  );
  return formatTable(['EVENT', 'WAY', 'FAILED', 'ANSWERED', 'FOLLOWED AFTER S'], lines);
}
