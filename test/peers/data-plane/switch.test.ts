import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Via } from '#core/model';
import { formatTable } from '#io/table';
import { startProvider } from '#sandbox/network/providers';
import { type Load, startLoad } from '../../support/kong/load';
import { startPlainKong } from '../../support/kong/plain-kong';
import { findPostgres, type Postgres, startPostgres } from '../../support/kong/postgres';
import { describeWithKong, freePorts } from '../../support/kong/real-kong';
import { type DnsClient, dnsVariables } from '../../support/kong/ways/estate';
import { startResolverProcess } from '../../support/kong/ways/resolver-process';
import { describeUnlessLacking } from '../../support/needing';
import { runServed } from '../../support/sandbox';
import { until } from '../../support/until';

/** Where requests for the domain arrive, so that it shows by which way Kong found the address. */
const addresses = { written: '127.0.0.61', resolved: '127.0.0.62', other: '127.0.0.63' } as const;
type Place = keyof typeof addresses;

type Form = { readonly via: Via; readonly suffix: string };

const forms: Readonly<Record<Place | 'nowhere', Form>> = {
  written: { via: 'addresses', suffix: 'privatelink.internal' },
  resolved: { via: 'resolver', suffix: 'privatelink.internal' },
  other: { via: 'resolver', suffix: 'other.internal' },
  nowhere: { via: 'resolver', suffix: 'nowhere.internal' },
};

const switches: readonly Place[] = ['resolved', 'written', 'resolved', 'other', 'written'];

/**
 * This many requests in a row at one place show that Kong has no other place. As many must succeed
 * there.
 */
const some = 100;

type Backend = 'dbless' | 'admin';

describeWithKong('the switch of a domain under load, on a real Kong', () => {
  describe.each(['legacy', 'new'] as const)('with the %s DNS client', (client) => {
    describe('without a database', () => switching('dbless', client));
    describeUnlessLacking(lackingForAdmin(), 'with a database, and a second node', () => switching('admin', client));
  });
});

function lackingForAdmin(): string | undefined {
  if (!process.env.KONG_BIN) return 'a Kong with a database needs KONG_BIN';
  return findPostgres() ? undefined : 'there is no PostgreSQL. To get it: apt-get install postgresql';
}

function switching(backend: Backend, client: DnsClient): void {
  const opened: (() => Promise<unknown>)[] = [];
  const arrivals: string[] = [];
  const loads: Load[] = [];
  const rows: (readonly string[])[] = [];
  let folder: string;
  let port: number;
  let admin: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    const handle = async ({ address, path }: { readonly address: string; readonly path: string }) => {
      if (path === '/sd2/x') arrivals.push(address);
      return { body: { address } };
    };
    const provider = await startProvider({ addresses: Object.values(addresses), handle });
    opened.push(provider.close);
    port = provider.port;
    const listen = await startResolvers();
    const kongs = await startKongs(listen);
    await expect(sync('written')).resolves.toMatchObject({ exitCode: 0 });
    for (const kong of kongs) {
      const url = `http://${kong.host}:${kong.port}/sd2/x`;
      await until('Kong answers', async () => (await fetch(url)).status === 200);
      const load = startLoad(url);
      loads.push(load);
      opened.push(load.close);
    }
  });

  afterAll(async () => {
    process.stderr.write(`${backend}, ${client} DNS client:\n${formatTable(['GOES TO', 'REQUESTS', 'AFTER S'], rows)}`);
    for (const close of opened.reverse()) await close();
    rmSync(folder, { recursive: true });
  });

  /**
   * Two resolvers. Kong asks the one with the first suffix, and this one forwards all other names
   * to the second.
   */
  async function startResolvers(): Promise<string> {
    const { proxy, admin: second } = await freePorts();
    const listens = { resolved: `127.0.0.1:${proxy}`, other: `127.0.0.1:${second}` };
    for (const [place, forward] of [['other', []] as const, ['resolved', [listens.other]] as const]) {
      const { suffix } = forms[place];
      const path = write(`${place}.yaml`, place, { resolver: { suffix, listen: listens[place], forward } });
      opened.push((await startResolverProcess(path, 'use1-az1')).close);
    }
    return listens.resolved;
  }

  async function startKongs(listen: string) {
    const database = backend === 'admin' ? await openDatabase() : {};
    const kongs = [];
    for (const name of backend === 'admin' ? ['first', 'second'] : ['first']) {
      const ports = await freePorts();
      if (name === 'first') admin = `http://127.0.0.1:${ports.admin}`;
      const variables = { ...database, ...dnsVariables[client](listen) };
      const kong = await startPlainKong(join(folder, name), { ports, variables });
      opened.push(kong.close);
      kongs.push(kong);
    }
    return kongs;
  }

  async function openDatabase(): Promise<Postgres['variables']> {
    const { variables, close } = await startPostgres(findPostgres() ?? '', process.env.KONG_BIN ?? '');
    opened.push(close);
    return variables;
  }

  /** JSON is YAML. */
  function write(name: string, place: Place, more: object): string {
    const endpoint = { addresses: [addresses[place]], domain: 'sd2', paths: ['/sd2'], port };
    const source = { name: 'all', type: 'static', allow: { addresses: ['127.0.0.0/8'] }, endpoints: [endpoint] };
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify({ owner: 'test', sources: [source], ...more }));
    return path;
  }

  /** Runs `sync` as a process of its own, so that requests go on meanwhile. */
  function sync(form: keyof typeof forms) {
    const { via, suffix } = forms[form];
    const controlPlane = { type: backend, address: admin };
    const configPath = write('kong-privatelink.yaml', 'written', { controlPlane, via, resolver: { suffix } });
    return runServed({ configPath, env: { PATH: process.env.PATH ?? '' } }, 'sync');
  }

  /** Each load was answered so often since now. */
  async function answeredMore(count: number): Promise<void> {
    const marks = loads.map((load) => load.mark());
    await until(`${count} more requests are answered`, () =>
      loads.every((load, index) => load.answered(marks[index] ?? 0) >= count),
    );
  }

  /** All requests that are answered now arrived there. */
  async function followed(place: Place): Promise<void> {
    await until(`requests arrive at ${place}`, async () => {
      const before = arrivals.length;
      await answeredMore(some);
      const since = arrivals.slice(before);
      return since.length >= some && since.every((address) => address === addresses[place]);
    });
  }

  const failures = () => loads.flatMap((load) => load.failures());

  it('loses no request to a name, back to addresses, and to a name with another suffix', async () => {
    for (const place of switches) {
      const [startMs, before] = [performance.now(), arrivals.length];
      const { exitCode, report } = await sync(place);
      expect({ place, exitCode, report }).toMatchObject({ exitCode: 0 });
      await followed(place);
      const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
      rows.push([place, String(arrivals.length - before), seconds]);
      expect({ place, failed: loads.map((load) => load.failures().length), some: failures().slice(0, 3) }).toEqual({
        ...{ place, failed: loads.map(() => 0), some: [] },
      });
    }
  });

  it('loses requests, and the load counts them, when nobody answers for the name', async () => {
    await sync('nowhere');

    await until('requests fail', () => loads.every((load) => load.failures().length > 0));
  });
}
