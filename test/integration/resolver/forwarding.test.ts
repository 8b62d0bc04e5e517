import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { emptyFeed } from '#data-plane/feed/feed';
import { openForwarder } from '#resolver/forwarding/servers';
import { createAnswerCounts } from '#resolver/serving/counts';
import { type DnsServer, serveDns } from '#resolver/serving/listen';
import { createRespond } from '#resolver/serving/respond';
import { type DnsServer as OtherServer, startDnsServer } from '#sandbox/network/dns-server';
import { queryOf, readAnswer } from '../../support/network/dns';
import { sendTcp, sendUdp } from '../../support/network/resolver';
import { listenOn } from '../../support/network/servers';

const probe = { kind: 'none', path: '/', intervalMs: 5_000, timeoutMs: 1_000, fall: 2, rise: 1 } as const;
const opened: (() => unknown)[] = [];
let other: OtherServer;

beforeAll(async () => {
  other = await startDnsServer(new Map([['A example.com', ['192.0.2.7']]]));
});

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

afterAll(() => other.close());

/** A resolver that forwards to these servers. `own` is its own address. */
async function open(forward?: (own: string) => readonly string[], resolvConf?: string) {
  const problems: string[] = [];
  const onProblem = (reason: string) => void problems.push(reason);
  let respond: ReturnType<typeof createRespond> = () => undefined;
  const server: DnsServer = await serveDns(
    { ip: '127.0.0.1', port: 0 },
    (...message) => respond(...message),
    onProblem,
  );
  opened.push(server.close);
  const { ip, port } = server.address;
  const forwarding = openForwarder({
    listen: server.address,
    forward: forward?.(`${ip}:${port}`),
    onProblem,
    resolvConf,
  });
  respond = createRespond({
    feed: emptyFeed,
    suffix: 'privatelink.internal',
    isZonal: true,
    maxStaleMs: 1_000,
    probe,
    forward: forwarding.forward,
    counts: createAnswerCounts(),
    monotonicMs: () => performance.now(),
    onTooMany: () => {},
  });
  const ask = async (name = 'example.com') => {
    const answer = await sendUdp(port, queryOf(name, 'A'));
    return answer && readAnswer(answer);
  };
  return { ask, port, problems, servers: forwarding.servers };
}

/** A port that receives messages and never answers; `heard` counts the messages. */
async function openSilent() {
  const socket = createSocket('udp4');
  let heard = 0;
  socket.on('message', () => {
    heard += 1;
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  opened.push(() => socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, heard: () => heard };
}

/** A port without a server. */
async function closedPort(): Promise<string> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  socket.close();
  return `127.0.0.1:${port}`;
}

describe('a foreign name', () => {
  it('is forwarded to the named resolver, even if that resolver does not know the name', async () => {
    const { ask } = await open(() => [other.address]);

    expect(await ask()).toMatchObject({ id: 1, rcode: 'NOERROR', answers: [{ data: '192.0.2.7' }] });
    expect(await ask('nowhere.example')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('is forwarded to the next resolver when one is down, or silent', async () => {
    const silent = await openSilent();
    const away = await closedPort();
    const { ask } = await open(() => [away, silent.address, other.address]);

    expect(await ask()).toMatchObject({ answers: [{ data: '192.0.2.7' }] });
    expect(silent.heard()).toBe(1);
  });

  it('gets SERVFAIL when no resolver answers', async () => {
    const away = await closedPort();
    const { ask } = await open(() => [away]);

    expect(await ask()).toMatchObject({ rcode: 'SERVFAIL', flag_aa: false });
  });

  it('is forwarded by TCP when the question came by TCP', async () => {
    const given = Buffer.from(queryOf('example.com', 'A'));
    const server = createServer((socket) =>
      socket.once('data', (frame) => {
        const answer = Buffer.from(frame);
        answer.writeUInt16BE(0x8183, 4);
        // In two parts, as TCP may deliver it.
        socket.write(answer.subarray(0, 9));
        setImmediate(() => socket.end(answer.subarray(9)));
      }),
    );
    const port = await listenOn(server);
    opened.push(() => server.close());
    const resolver = await open(() => [`127.0.0.1:${port}`]);
    const length = Buffer.from([0, given.length]);

    const answer = await sendTcp(resolver.port, Buffer.concat([length, given]));

    expect(readAnswer(answer.subarray(2))).toMatchObject({
      id: 1,
      rcode: 'NXDOMAIN',
      questions: [{ name: 'example.com' }],
    });
  });

  it('is never forwarded to the resolver itself', async () => {
    const { ask, problems, servers } = await open((own) => [own, other.address]);

    expect(servers).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining('is this resolver itself')]);
    expect(await ask()).toMatchObject({ answers: [{ data: '192.0.2.7' }] });
  });

  it('is refused when no other resolver is left', async () => {
    const { ask, problems } = await open((own) => [own]);

    expect(await ask()).toMatchObject({ rcode: 'REFUSED' });
    expect(problems).toContainEqual(expect.stringContaining('there is no resolver to forward to'));
  });

  it('gets SERVFAIL when two resolvers forward to each other', async () => {
    const relay = createSocket('udp4');
    let relayed = 0;
    await new Promise<void>((resolve) => relay.bind(0, '127.0.0.1', resolve));
    opened.push(() => relay.close());
    const looped = await open(() => [`127.0.0.1:${relay.address().port}`]);
    // Sends each question back to the resolver that forwarded it.
    relay.on('message', (message, from) => {
      relayed += 1;
      const back = createSocket('udp4');
      back.on('message', (answer) => {
        relay.send(answer, from.port, from.address);
        back.close();
      });
      back.send(message, looped.port, '127.0.0.1');
    });

    expect(await looped.ask()).toMatchObject({ rcode: 'SERVFAIL' });
    expect(relayed).toBe(1);
  });

  describe('without a named resolver', () => {
    let folder: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    it("is forwarded to the system's resolvers", async () => {
      const resolvConf = join(folder, 'resolv.conf');
      writeFileSync(resolvConf, 'nameserver 192.0.2.1\nnameserver 192.0.2.2\n');

      const { servers } = await open(undefined, resolvConf);

      expect(servers).toEqual([
        { ip: '192.0.2.1', port: 53 },
        { ip: '192.0.2.2', port: 53 },
      ]);
    });

    it('is refused when the system has no resolver', async () => {
      const { ask, problems } = await open(undefined, join(folder, 'none'));

      expect(await ask()).toMatchObject({ rcode: 'REFUSED' });
      expect(problems).toHaveLength(2);
    });
  });
});
