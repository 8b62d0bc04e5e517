import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { JsonObject } from '#core/model';
import { defaultConfig, type Estate, openEstate, stagedConfig, stageOf, workerConfig } from '../../support/estate';
import { until } from '../../support/until';
import { startWorkerProcess } from '../../support/watch/process';

let estate: Estate;
let id: string;

beforeEach(async () => {
  estate = await openEstate([{ name: 'prod' }, { name: 'next' }]);
  id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
});

afterEach(() => estate.close());

/** Adds an entity, as a person would by hand. */
function put(plane: string, kind: 'services' | 'routes', body: JsonObject): void {
  estate.konnect.seed(plane, kind, body);
}

async function answerTo(...argv: readonly string[]) {
  const { exitCode, out } = await estate.run('explain', ...argv, '--json');
  return { exitCode, answer: JSON.parse(out) };
}

describe('explain of a domain', () => {
  it('names the claiming tag and endpoint, the present and the next entities, and where requests go', async () => {
    const before = await estate.run('explain', 'sd2');
    await estate.run('sync');
    const after = await estate.run('explain', 'sd2');

    expect([before.exitCode, after.exitCode]).toEqual([0, 0]);
    expect(before.out).toContain('tag kong:domain=sd2 (source hub, vpc-endpoints)');
    expect(before.out).toMatch(/target +10\.0\.1\.11:80 in sd2\.privatelink +not there +create/);
    expect(after.out).toMatch(/route +sd2 +[0-9a-f-]{36} +as it is/);
    expect(after.out).toMatch(/use1-az1 +the plugin in target mode, where it is on +10\.0\.1\.11:80@use1-az1 +100 %/);
    expect(after.out).toMatch(/any +Kong's balancer, sd2\.privatelink +10\.0\.2\.11:80@\S+ +50 %/);
  });

  it('says how many absences a target has before it leaves', async () => {
    const other = estate.addEndpoint('sd2', ['10.0.3.11']);
    await estate.run('sync');
    estate.world.setTags(other, {});
    await estate.run('sync');

    const { out } = await estate.run('explain', 'sd2');

    expect(out).toMatch(
      /10\.0\.3\.11:80 in sd2\.privatelink .* stays +.*absence 2 of 3, \d+ of 180 s; 1 more absence and 1[78]\d s to go/,
    );
  });

  it('names the removals that the brake withholds', async () => {
    const ips = Array.from({ length: 12 }, (_, index) => `10.0.5.${index + 1}`);
    for (const ip of ips) estate.addEndpoint('sd5', [ip]);
    await estate.run('sync');
    for (const { id: gone, tags } of estate.world.endpoints()) {
      if (tags['kong:domain'] === 'sd5') estate.world.setState(gone, 'rejected');
    }

    const { answer } = await answerTo('sd5');

    const [target] = answer.domains[0].entities.filter(({ kind }: { kind: string }) => kind === 'target');
    expect(target).toMatchObject({ does: 'nothing', blocked: { by: 'brake', would: 'delete' } });
  });

  it('names the other claimant of its path, the quarantined endpoint and the fix', async () => {
    await estate.run('sync');
    const thief = estate.addEndpoint('sd9', ['10.0.9.11'], { tags: { 'kong:path': '/sd2' } });

    const { out } = await estate.run('explain', 'sd2');
    const strict = await estate.run('explain', 'sd9', '--strict');

    expect(out).toContain(`Endpoint ${thief} of domain sd9 also claims /sd2.`);
    expect(strict.out).toContain(
      `Endpoint ${thief} is in quarantine: claims path /sd2, but /sd2 belongs to domain sd2`,
    );
    expect(strict.exitCode).toBe(5);
  });

  it("shows the resolver's answer where the domain is via resolver", async () => {
    estate.configure(
      `${defaultConfig(estate)}via: resolver\nresolver: { listen: "127.0.0.1:5353", suffix: privatelink.internal }\n`,
    );

    const { answer } = await answerTo('sd2', '--zone', 'use1-az1');

    expect(answer.domains[0].picks).toEqual([
      {
        by: 'resolver',
        zoneId: 'use1-az1',
        targets: [
          expect.objectContaining({ address: '10.0.1.11:80', percent: 99.9 }),
          expect.objectContaining({ address: '10.0.2.11:80', percent: 0.1 }),
        ],
      },
    ]);
  });

  it('names the obstacle of a create', async () => {
    put('prod', 'services', { name: 'sd2', host: 'by-hand.example.com' });

    const { answer } = await answerTo('sd2');

    const byKind = new Map(answer.domains[0].entities.map((one: { kind: string }) => [one.kind, one]));
    expect(byKind.get('service')).toMatchObject({ does: 'nothing', blocked: { by: 'conflict', would: 'create' } });
    expect(byKind.get('route')).toMatchObject({
      blocked: { by: 'depends', reason: expect.stringContaining('service sd2') },
    });
  });
});

describe('explain of a request', () => {
  it.each(['/sd2/orders?x=1', 'https://api.example.com/sd2/orders'])(
    'names the route that takes %s',
    async (question) => {
      await estate.run('sync');

      const { exitCode, out } = await estate.run('explain', question);

      expect(exitCode).toBe(0);
      expect(out).toMatch(/Route sd2 \([0-9a-f-]{36}, of owner test\) by path \/sd2\/ takes the request\./);
      expect(out).toContain('It leads to service sd2, domain sd2.');
      expect(out).toContain('Domain sd2');
    },
  );

  it("names people's route if it comes first, with the reason and the next route", async () => {
    await estate.run('sync');
    put('prod', 'routes', { name: 'by-hand', paths: ['~/sd2/ord'], regex_priority: 0 });

    const { out } = await estate.run('explain', '/sd2/orders', '--method', 'post', '--header', 'x-a: b');

    expect(out).toMatch(/Route by-hand \([0-9a-f-]{36}, written by people\) by path ~\/sd2\/ord takes the request\./);
    expect(out).toMatch(/Route sd2 .* is next, because a path that is a regular expression comes/);
  });

  it('names the route that the next pass creates', async () => {
    const { exitCode, out } = await estate.run('explain', '/sd2');

    expect(exitCode).toBe(0);
    expect(out).toContain('No route takes the request: Kong answers 404.');
    expect(out).toMatch(/After the next pass:\nRoute sd2 .* by path ~\/sd2\$ takes the request\./);
  });

  it('ends with 1 if no route takes the request, and shows similar paths', async () => {
    const { exitCode, out } = await estate.run('explain', '/sd3/x');

    expect(exitCode).toBe(1);
    expect(out).toContain('Nothing is found for /sd3/x');
    expect(out).not.toContain('adopt');
  });
});

describe('explain of an address or an endpoint', () => {
  it.each(['10.0.2.11', '10.0.2.11:80'])('names the endpoint with %s', async (address) => {
    const { exitCode, answer } = await answerTo(address);

    expect(exitCode).toBe(0);
    expect(answer.domains).toMatchObject([{ domain: 'sd2', endpoints: [{ id }], entities: [{ does: 'create' }] }]);
  });

  it('names all endpoints with the address: several networks may share a range', async () => {
    const other = estate.addEndpoint('sd4', ['10.0.2.11']);

    const { answer } = await answerTo('10.0.2.11');

    expect(answer.domains.map(({ endpoints }: { endpoints: { id: string }[] }) => endpoints[0]?.id)).toEqual([
      id,
      other,
    ]);
  });

  it('names a held endpoint that is not discovered any more, by the tags of its targets', async () => {
    await estate.run('sync');
    estate.world.setTags(id, {});

    const { exitCode, out } = await estate.run('explain', id);

    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`${id} +not listed +hub\\.self\\.us-east-1.* tags of targets in the control plane`));
    expect(out).toMatch(/10\.0\.1\.11:80 in sd2\.privatelink .* stays/);
  });
});

describe('explain of an unknown name', () => {
  it.each([
    ['sd22', 'sd2'],
    ['10.0.1.12', '10.0.1.11:80'],
  ])('ends with 1 and names the nearest match of %s: %s', async (question, alike) => {
    const { exitCode, answer } = await answerTo(question);

    expect(exitCode).toBe(1);
    expect(answer).toMatchObject({ isKnown: false, nearest: expect.arrayContaining([alike]), domains: [] });
  });

  it('names the commands for other tags, services of people and callers', async () => {
    estate.world.setTags(id, {});

    const { exitCode, out } = await estate.run('explain', id);

    expect(exitCode).toBe(1);
    expect(out).toContain(`Nothing is found for ${id}`);
    expect(out).toContain('aws ec2 describe-vpc-endpoints shows all tags');
    expect(out).toContain('For services that people wrote, see kong-privatelink adopt.');
    expect(out).toContain('kong-privatelink contracts shows endpoints of callers');
  });

  it.each([
    [['sd2', '--method', 'GET'], '--method works only with a path or a URL'],
    [['/sd2', '--header', 'nothing'], '--header "nothing" is not a valid header'],
    [['https://'], 'is not a valid URL'],
    [['a b'], 'is not a valid question'],
    [['sd2', '--worker', 'http://10.0.0.1:9543'], 'is not an address of a worker'],
    [['sd2', '--worker', 'HTTP://10.0.0.1:9543'], 'is not an address of a worker'],
    [['sd2', '--worker', ' http://10.0.0.1:9543'], 'is not an address of a worker'],
    [['sd2', '--worker', 'http://u:s3cret@10.0.0.1:9543?t=s3cret'], '--worker http://10.0.0.1:9543 is not'],
  ])('names the mistake in %s', async (argv, words) => {
    const { exitCode, err } = await estate.run('explain', ...argv);

    expect([exitCode, err]).toEqual([1, expect.stringContaining(words)]);
  });
});

describe('explain of several control planes', () => {
  it('answers for each, and finds a domain that only one of them has', async () => {
    estate.configure(stagedConfig(estate, [stageOf(estate, 'next'), stageOf(estate, 'prod')]));
    put('next', 'routes', { name: 'by-hand', paths: ['/only'] });

    const { exitCode, answer } = await answerTo('/only');

    expect(exitCode).toBe(0);
    expect(answer.stages).toMatchObject([
      { stage: 'next', isKnown: true },
      { stage: 'prod', isKnown: false },
    ]);
  });
});

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url, { reset: true });
  await body.dump();
  return statusCode;
}

describe('explain of a worker', () => {
  it('names its own option in the fix when no worker answers', async () => {
    const { exitCode, err } = await estate.run('explain', 'sd2', '--worker', 'http://127.0.0.1:1');

    expect(exitCode).toBe(1);
    expect(err).toContain('--worker has the address of its watch.listen');
    expect(err).not.toContain('controlPlane');
  });

  it.each([
    ['a proxy that redirects to a login', { status: 302, location: 'https://login.example/' }, '--worker'],
    ['a proxy that limits requests', { status: 429 }, 'ask again in a minute'],
    ['a proxy without its worker', { status: 502 }, 'read the log of the worker and of the proxy before it'],
  ])('names no setting of a control plane in the fix when it meets %s', async (_, { status, ...headers }, fix) => {
    const server = createServer((_request, response) => void response.writeHead(status, headers).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { exitCode, err } = await estate.run('explain', 'sd2', '--worker', `http://127.0.0.1:${port}`);

      expect([exitCode, err]).toEqual([1, expect.stringContaining(fix)]);
      expect(err).not.toContain('controlPlane');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("shows the worker's last pass to a client with its token", async () => {
    const token = 'a-token-of-thirty-two-characters';
    estate.configure(workerConfig(estate).replace('watch: {', `watch: { token: "${token}",`));
    const worker = startWorkerProcess(estate);
    try {
      const { address: url = '' } = await worker.until('watching');
      await until('its first pass has ended', async () => (await statusOf(`${url}/readyz`)) === 200);
      const asked = await estate.run('explain', '10.0.1.11', '--worker', url);

      expect(asked).toMatchObject({ exitCode: 0, err: '' });
      expect(asked.out).toContain("as seen by the worker's last pass");
      expect(asked.out).toContain(id);
      expect(await statusOf(`${url}/v1/explain?question=sd2`)).toBe(401);
    } finally {
      await worker.close();
    }
  });
});
