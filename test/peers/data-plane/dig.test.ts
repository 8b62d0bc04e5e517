import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { endpointOf } from '../../support/builders';
import { describeUnlessLacking } from '../../support/needing';
import {
  listeningAt,
  type ResolverProcess,
  spawnResolver,
  targetsAt,
  writeConfig,
  writeSnapshot,
} from '../../support/network/resolver';
import { until } from '../../support/until';

const lacking = hasDig() ? undefined : "dig judges the resolver's answers; apt-get install dnsutils brings it";

function hasDig(): boolean {
  try {
    execFileSync('dig', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describeUnlessLacking(lacking, 'dig', () => {
  let folder: string;
  let resolver: ResolverProcess;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    const many = Array.from({ length: 100 }, (_, index) => ({ ip: `10.0.9.${index}`, region: 'us-east-1' }));
    const both = [
      { ip: '10.0.1.11', region: 'us-east-1' },
      { ip: 'fd00:0000:0000:0000:0000:0000:0000:0011', region: 'us-east-1' },
    ];
    writeSnapshot(join(folder, 'snapshot.json'), [
      endpointOf({ addresses: both }),
      endpointOf({ id: 'vpce-2', domain: 'many', addresses: many }),
    ]);
    resolver = spawnResolver(['-c', writeConfig(folder), '--json']);
    ({ port } = await listeningAt(resolver));
    await until('it knows the domain', async () => (await targetsAt(port)) !== 'SERVFAIL');
    // A name is denied only when discovery has missed it several times.
    await until('it denies others', async () => (await targetsAt(port, 'sd9')) === 'NXDOMAIN');
  });

  afterAll(async () => {
    resolver.child.kill('SIGKILL');
    await resolver.ended;
    rmSync(folder, { recursive: true });
  });

  /** What dig prints, without what differs each time. */
  async function dig(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('dig', ['@127.0.0.1', '-p', String(port), ...args]);
    return stdout;
  }

  it.each([
    ['SRV', '1 100 80 10.0.1.11.\n1 100 80 fd00:0000:0000:0000:0000:0000:0000:0011.\n'],
    ['A', '10.0.1.11\n'],
    ['AAAA', 'fd00::11\n'],
    ['TXT', ''],
    ['ANY', '"RFC8482" ""\n'],
  ])('reads the answer to a query of type %s', async (type, expected) => {
    expect(await dig('+short', type, '_http._tcp.sd2.privatelink.internal')).toBe(expected);
  });

  it.each([
    ['a domain', [], 'sd2.privatelink.internal', 'NOERROR'],
    ['an unknown domain', [], 'sd9.privatelink.internal', 'NXDOMAIN'],
    ['a name outside the suffix', [], 'example.com', 'REFUSED'],
    ['another class', ['-c', 'CH'], 'sd2.privatelink.internal', 'REFUSED'],
    ['a later version of EDNS', ['+edns=1', '+noednsneg'], 'sd2.privatelink.internal', 'BADVERS'],
    ['no EDNS', ['+noedns'], 'sd2.privatelink.internal', 'NOERROR'],
    ['an update', ['+opcode=UPDATE'], 'sd2.privatelink.internal', 'NOTIMP'],
    ['DNSSEC', ['+dnssec'], 'sd2.privatelink.internal', 'NOERROR'],
    ['a cookie', ['+cookie=0123456789abcdef'], 'sd2.privatelink.internal', 'NOERROR'],
  ])('reads the response code for %s, and prints no warning', async (_, args, name, expected) => {
    const text = await dig(...args, name, 'A');

    expect(text).toContain(`status: ${expected}`);
    expect(text).not.toMatch(/WARNING: (?!recursion|EDNS query returned)|malformed|mismatch/i);
  });

  it('gets the SOA of the suffix for an unknown domain, with a TTL of one second', async () => {
    const text = await dig('sd9.privatelink.internal', 'A');

    expect(text).toMatch(/^privatelink\.internal\.\t+1\tIN\tSOA\t.* 1$/m);
  });

  it('retries a truncated answer by TCP, and gets all of it', async () => {
    const text = await dig('+short', 'SRV', 'many.privatelink.internal');
    const cut = await dig('+ignore', 'SRV', 'many.privatelink.internal');

    expect(text.match(/10\.0\.9\./g)).toHaveLength(100);
    expect(cut).toMatch(/flags: [a-z ]*\btc\b/);
  });

  it('is refused a transfer', async () => {
    expect(await dig('AXFR', 'privatelink.internal')).toContain('Transfer failed.');
  });
});
