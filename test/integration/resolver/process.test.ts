import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endpointOf } from '../../support/builders';
import { nameOf, queryOf, readAnswer } from '../../support/network/dns';
import {
  ask,
  listeningAt,
  type ResolverProcess,
  type ResolverStart,
  sendTcp,
  sendUdp,
  spawnResolver,
  targetOf,
  targetsAt,
  writeConfig,
  writeSnapshot,
} from '../../support/network/resolver';
import { listenOn } from '../../support/network/servers';
import { until } from '../../support/until';

const folders: string[] = [];
const running: ResolverProcess[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  folders.push(folder);
  writeSnapshot(join(folder, 'snapshot.json'), [endpointOf()]);
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});

afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true });
});

function start(args: readonly string[], options?: ResolverStart): ResolverProcess {
  const started = spawnResolver(args, options);
  running.push(started);
  return started;
}

/** Starts a resolver that listens; returns its port too. */
async function begin(args: readonly string[] = [], options?: ResolverStart & { readonly config?: string }) {
  const config = options?.config ?? writeConfig(folder);
  const started = start(['-c', config, '--json', ...args], options);
  return { ...started, ...(await listeningAt(started)) };
}

/** Starts a resolver, and waits until its first pass has ended. */
async function open(...args: Parameters<typeof begin>) {
  const begun = await begin(...args);
  await until('the first pass has ended', async () => (await targetsAt(begun.port)) !== 'SERVFAIL');
  return begun;
}

/** The message with its length in front, as TCP sends it. */
function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

describe('the resolver', () => {
  it.each([
    ['a program of its own', false],
    ['the verb', true],
  ])('as %s answers by UDP and TCP, and ends at SIGTERM with 0', async (_, isVerb) => {
    const { port, child, ended } = await open(['--zone-id', 'use1-az1'], { isVerb });
    const query = queryOf('_http._tcp.sd2.privatelink.internal', 'SRV');

    const [udp, tcp] = [await sendUdp(port, query), await sendTcp(port, framed(query))];
    child.kill('SIGTERM');

    expect(udp && readAnswer(udp).answers).toMatchObject([
      { data: { port: 80, target: '10.0.1.11', weight: 1_000 } },
      { data: { port: 80, target: '10.0.2.11', weight: 1 } },
    ]);
    expect(tcp).toEqual(framed(udp ?? Buffer.alloc(0)));
    expect((await ended).code).toBe(0);
  });

  it('follows discovery: other addresses, a new domain, a domain that is gone', async () => {
    const { port } = await open();
    const before = [await targetsAt(port), await targetsAt(port, 'sd3')];
    await until('sd3 is denied', async () => (await targetsAt(port, 'sd3')) === 'NXDOMAIN');
    const gone = endpointOf({ state: 'deleted' });
    const other = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }] });

    writeSnapshot(join(folder, 'snapshot.json'), [gone, other]);
    await until('sd3 is answered', async () => (await targetsAt(port, 'sd3')) === '10.0.3.1');

    expect(before).toEqual(['10.0.1.11 10.0.2.11', 'SERVFAIL']);
    expect(await targetsAt(port)).toBe('NXDOMAIN');
  });

  it('answers several questions of one connection, and closes it at a question that is too long', async () => {
    const { port } = await open();
    const query = framed(queryOf('sd2.privatelink.internal', 'A'));
    const tooLong = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(100)]);

    const [three, none] = [await sendTcp(port, Buffer.concat([query, query, query])), await sendTcp(port, tooLong)];

    expect(three.length % 3).toBe(0);
    expect(readAnswer(three.subarray(2, three.length / 3)).answers).toHaveLength(2);
    expect(none).toEqual(Buffer.alloc(0));
  });

  it('answers by TCP if the answer does not fit into a datagram', async () => {
    const addresses = Array.from({ length: 200 }, (_, index) => ({ ip: `10.0.9.${index}`, region: 'us-east-1' }));
    writeSnapshot(join(folder, 'snapshot.json'), [endpointOf({ addresses })]);
    const { port } = await open();
    const query = queryOf('sd2.privatelink.internal', 'SRV', { size: 4_096 });

    const [udp, tcp] = [await sendUdp(port, query), await sendTcp(port, framed(query))];

    expect(udp?.length).toBeLessThanOrEqual(1_232);
    expect(udp && readAnswer(udp)).toMatchObject({ flag_tc: true, answers: [] });
    expect(readAnswer(tcp.subarray(2)).answers).toHaveLength(200);
  });

  it('listens on IPv6, and answers there', async () => {
    const { port, address } = await begin(['--listen', '[::1]:0']);
    const query = queryOf('sd2.privatelink.internal', 'A');
    await until('it knows the domain', async () => {
      const found = await sendUdp(port, query, 30_000, '::1');
      return found !== undefined && readAnswer(found).rcode === 'NOERROR';
    });

    const answer = await sendUdp(port, query, 30_000, '::1');

    expect(address).toMatch(/^\[0000:.*:0001\]:\d+$/);
    expect(answer && readAnswer(answer).answers).toHaveLength(2);
  });

  it('goes on after invalid messages', async () => {
    const { port } = await open();
    const odd = [
      Buffer.alloc(0),
      Buffer.alloc(3, 0xff),
      Buffer.alloc(4_000, 0xff),
      Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), nameOf('a'.repeat(70))]),
      queryOf('sd2.privatelink.internal', 'ANY', { size: 1_232 }, 2),
    ];

    for (const one of odd) await sendUdp(port, one, 50);

    expect(await targetsAt(port)).toBe('10.0.1.11 10.0.2.11');
  });

  it('serves metrics at the configured address', async () => {
    const { port, child, says } = await open(['--metrics', `unix:${join(folder, 'metrics.sock')}`]);
    await ask(port, 'sd2.privatelink.internal', 'A');

    const text = await readUnix(join(folder, 'metrics.sock'));

    expect(text).toContain('kong_privatelink_resolver_answers_total{type="A",rcode="NOERROR"} 1\n');
    expect(text).toMatch(/kong_privatelink_resolver_discovery_age_seconds \d/);
    child.kill('SIGINT');
    await says('stopping');
  });
});

async function readUnix(socketPath: string): Promise<string> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/metrics', agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    sent.on('error', reject).end();
  });
}

describe('SIGHUP', () => {
  it('makes the resolver read its configuration again: sources, suffix and forwarding', async () => {
    const { port, child, says } = await open();
    await targetsAt(port);
    writeSnapshot(join(folder, 'other.json'), [
      endpointOf({ id: 'vpce-9', addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }] }),
    ]);
    const sources = [{ name: 'hub', type: 'snapshot', file: 'other.json' }];
    writeConfig(folder, { suffix: 'other.internal' }, { sources });

    child.kill('SIGHUP');
    await says('configuration read again');
    await until('the other source is read', async () => {
      const { answers } = await ask(port, 'sd2.other.internal', 'SRV');
      return answers.map(targetOf).join() === '10.0.9.9';
    });

    expect(await targetsAt(port)).toBe('REFUSED');
  });

  it('makes the resolver look for its own zone only once a zone is preferred', async () => {
    let asked = 0;
    const metadata = createHttpServer((_, response) => {
      asked += 1;
      response.end('use1-az1');
    });
    const address = `http://127.0.0.1:${await listenOn(metadata)}`;
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: address };
    const { child, says } = await open([], { config: writeConfig(folder, { affinity: 'none' }), env });
    const before = asked;
    writeConfig(folder);

    child.kill('SIGHUP');
    await says('"zone":"use1-az1","msg":"own zone found"');
    metadata.close();

    expect([before, asked]).toEqual([0, 2]);
  });

  it('keeps the running configuration when the new one is unusable, and says so', async () => {
    const { port, child, says } = await open();
    writeFileSync(join(folder, 'kong-privatelink.yaml'), 'owner: 7');

    child.kill('SIGHUP');
    await says('the one before stays');

    expect(await targetsAt(port)).toBe('10.0.1.11 10.0.2.11');
  });
});

/** Sends a signal to itself once its first file has run, while it loads the rest. */
const hangUpEarly = `
if (require('node:worker_threads').isMainThread) setImmediate(() => process.kill(process.pid, 'SIGHUP'));
`;

describe('the resolver during its start', () => {
  it.each([
    ['a program of its own', false],
    ['the verb', true],
  ])('as %s is not ended by SIGHUP', async (_, isVerb) => {
    writeFileSync(join(folder, 'early.js'), hangUpEarly);

    const begun = await open([], { isVerb, env: { NODE_OPTIONS: `--require ${join(folder, 'early.js')}` } });

    expect(await targetsAt(begun.port)).toBe('10.0.1.11 10.0.2.11');
  });
});

describe('the resolver while discovery is down', () => {
  it('answers from known data until these are too old, then with SERVFAIL, and recovers', async () => {
    const both = '10.0.1.11 10.0.2.11';
    const { port } = await begin([], { config: writeConfig(folder, { maxStaleSeconds: 3 }) });
    // The data are as old as the file says.
    const writing = setInterval(() => writeSnapshot(join(folder, 'snapshot.json'), [endpointOf()]), 200);
    await until('it is fresh', async () => (await targetsAt(port)) === both);
    await until('others are denied', async () => (await targetsAt(port, 'sd9')) === 'NXDOMAIN');

    clearInterval(writing);
    writeFileSync(join(folder, 'snapshot.json'), 'cut');
    await until('all is too old', async () => (await targetsAt(port)) === 'SERVFAIL');
    const unknown = await targetsAt(port, 'sd9');
    const again = setInterval(() => writeSnapshot(join(folder, 'snapshot.json'), [endpointOf()]), 200);
    await until('discovery is back', async () => (await targetsAt(port)) === both);
    clearInterval(again);

    expect(unknown).toBe('NXDOMAIN');
  });

  it('begins with the data of an earlier process, even of a killed process', async () => {
    const config = writeConfig(folder, {}, { stateDir: 'state' });
    const first = await open([], { config });
    await targetsAt(first.port);
    await until(
      'it keeps what it knows',
      () => existsSync(join(folder, 'state')) && readdirSync(join(folder, 'state')).length > 0,
    );
    first.child.kill('SIGKILL');
    await first.ended;
    writeFileSync(join(folder, 'snapshot.json'), 'cut');

    const second = await begin([], { config });

    await until('it knows them again', async () => (await targetsAt(second.port)) === '10.0.1.11 10.0.2.11');
  });

  it('answers SERVFAIL, and never NXDOMAIN, where it never knew anything', async () => {
    writeFileSync(join(folder, 'snapshot.json'), 'cut');
    const { port } = await begin();

    expect([await targetsAt(port), await targetsAt(port)]).toEqual(['SERVFAIL', 'SERVFAIL']);
  });
});

describe('the resolver with a bad start', () => {
  const ways: readonly [string, boolean][] = [
    ['a program of its own', false],
    ['the verb', true],
  ];

  it.each(ways)('as %s names the taken port, and the fix', async (_, isVerb) => {
    const taken = createServer();
    const port = await listenOn(taken);

    const { code, err } = await start(['-c', writeConfig(folder), '--listen', `127.0.0.1:${port}`], { isVerb }).ended;
    taken.close();

    expect(code).toBe(1);
    expect(err).toContain(`cannot listen on 127.0.0.1:${port}`);
    expect(err).toContain('stop what uses it, or choose another with resolver.listen or --listen');
  });

  it.each([
    ['an address that this machine has not', ['--listen', '192.0.2.1:5353'], 'this machine has no such address'],
    ['no address', ['--listen', 'here'], '--listen: an IP address and a port'],
    ['no suffix', ['--suffix', 'x'], '--suffix: a DNS name of two labels or more'],
    ['a zone name instead of an id', ['--zone-id', 'us-east-1a'], '--zone-id is us-east-1a'],
    ['an unknown option', ['--fast'], '--help shows the usage'],
    ['metrics for everybody', ['--metrics', '0.0.0.0:9544'], 'metrics cannot be served'],
  ])('refuses %s', async (_, args, words) => {
    const { code, err } = await start(['-c', writeConfig(folder), ...args]).ended;

    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
  });

  it('as the verb ends even when only its metrics cannot be served', async () => {
    const args = ['-c', writeConfig(folder), '--metrics', '0.0.0.0:9544'];

    const { code, err } = await start(args, { isVerb: true }).ended;

    expect([code, err]).toEqual([1, expect.stringContaining('metrics cannot be served')]);
  });

  it('refuses a missing configuration file', async () => {
    const { code, err } = await start(['-c', join(folder, 'none.yaml')]).ended;

    expect([code, err]).toEqual([1, expect.stringContaining('no configuration file')]);
  });

  it('shows its help', async () => {
    const { code, out } = await start(['--help']).ended;

    expect([code, out]).toEqual([0, expect.stringContaining('--zone-id <id>')]);
  });
});

describe('--check', () => {
  it.each([
    ['a program of its own', false],
    ['the verb', true],
  ])('as %s ends with 0 where the resolver answers, and with 1 where it does not', async (_, isVerb) => {
    const config = writeConfig(folder);
    const { address, child, ended } = await open([], { config });
    const check = () => start(['-c', config, '--check', '--listen', address], { isVerb }).ended;

    const up = await check();
    const other = await start(['-c', config, '--check', '--listen', address, '--suffix', 'other.internal']).ended;
    child.kill('SIGKILL');
    await ended;
    const down = await check();

    expect([up.code, up.out]).toEqual([0, `the resolver at ${address} answers for privatelink.internal\n`]);
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('it does not know other.internal')]);
    expect([down.code, down.err]).toEqual([1, expect.stringContaining(`the resolver at ${address} does not answer`)]);
  });
});
