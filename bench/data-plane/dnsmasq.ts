import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolverName } from '#core/names';
import type { Offer } from './estate';
import { suffix } from './ways';

/** dnsmasq, a common C program for the same task, with the same records from its configuration. */

/** Says how to install dnsmasq; undefined where it is installed. */
export function lackingDnsmasq(): string | undefined {
  const { error } = spawnSync('dnsmasq', ['--version'], { stdio: 'ignore' });
  return error && 'there is no dnsmasq: apt-get install dnsmasq-base';
}

/**
 * Answers SRV below `_http._tcp.` and A of each domain, all addresses of the first zone, with a TTL
 * of 1 s.
 */
export async function startDnsmasq(folder: string, offers: readonly Offer[], port: number): Promise<ChildProcess> {
  const file = join(folder, 'dnsmasq.conf');
  const own = ['no-resolv', 'no-hosts', 'bind-interfaces', 'listen-address=127.0.0.1', `port=${port}`, 'local-ttl=1'];
  writeFileSync(file, `${[...own, `local=/${suffix}/`, ...offers.flatMap(recordsOf)].join('\n')}\n`);
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const child = spawn('dnsmasq', ['--keep-in-foreground', `--conf-file=${file}`, '--pid-file=', ...user], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await once(child, 'spawn');
  return child;
}

function recordsOf({ domain, addresses: [address = ''], port }: Offer): readonly string[] {
  const name = resolverName(domain, suffix);
  const target = `${address.replaceAll('.', '-')}.${name}`;
  return [`srv-host=_http._tcp.${name},${target},${port},1,100`, `host-record=${target},${name},${address}`];
}
