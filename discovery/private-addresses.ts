import { BlockList, isIPv6 } from 'node:net';

/** RFC 1918, RFC 6598 (shared) and loopback. Not link-local: the instance metadata of AWS is there. */
const ipv4: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
];

/** RFC 4193 (unique local) and loopback. */
const ipv6: readonly (readonly [string, number])[] = [
  ['fc00::', 7],
  ['::1', 128],
];

const privateRanges = new BlockList();
for (const [net, prefix] of ipv4) privateRanges.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of ipv6) privateRanges.addSubnet(net, prefix, 'ipv6');

/** The instance metadata of AWS over IPv6, which lies in a unique local range. */
const metadata = new BlockList();
metadata.addAddress('fd00:ec2::254', 'ipv6');

/** Whether an IP address, also IPv4 written as IPv6, is one that providers in private networks have. */
export function isPrivate(ip: string): boolean {
  const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
  return privateRanges.check(ip, family) && !metadata.check(ip, family);
}
