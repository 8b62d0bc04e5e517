import { embeddedIn, kindOf } from '#core/addresses/kinds';
import { parseIp, withoutBrackets, wordsOf } from '#core/addresses/parse';

/** IP address and port of a DNS server. */
export type SocketAddress = { readonly ip: string; readonly port: number };

const dnsPort = 53;

/** Reads `127.0.0.1:5353` or `[::1]:5353`. The configuration has checked the text. */
export function readAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(':');
  return { ip: withoutBrackets(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

/**
 * The resolvers in a resolv.conf, in their order. A text that is not an IP address (`fe80::1%eth0`)
 * is left out.
 */
export function nameserversIn(text: string): readonly SocketAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, ip] = /^\s*nameserver\s+(\S+)/.exec(line) ?? [];
    return ip !== undefined && parseIp(ip) !== undefined ? [{ ip, port: dnsPort }] : [];
  });
}

/**
 * Whether a message to the server arrives at this resolver. `ownIps` are the addresses of this
 * machine.
 */
export function isOneself(server: SocketAddress, listen: SocketAddress, ownIps: readonly string[]): boolean {
  if (server.port !== listen.port) return false;
  const [to, at] = [kindOf(server.ip), kindOf(listen.ip)];
  if (to === 'unspecified') return at === 'unspecified' || at === 'loopback';
  const isSame = (ip: string) => keyOf(ip) === keyOf(server.ip);
  return at === 'unspecified' ? to === 'loopback' || ownIps.some(isSame) : isSame(listen.ip);
}

/** One text for each address: IPv4 in the form of IPv6 (`::ffff:127.0.0.1`) is IPv4. */
function keyOf(ip: string): string {
  const words = wordsOf(ip);
  return words ? (embeddedIn(words) ?? words).join() : ip;
}
