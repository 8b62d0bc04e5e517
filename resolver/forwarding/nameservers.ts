import { embeddedIn, kindOf } from '#core/addresses/kinds';
import { parseIp, withoutBrackets, wordsOf } from '#core/addresses/parse';

/** An IP address and a port that DNS is spoken on. */
export type SocketAddress = { readonly ip: string; readonly port: number };

const dnsPort = 53;

/** `127.0.0.1:5353` or `[::1]:5353`, which the configuration has checked. */
export function readAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(':');
  return { ip: withoutBrackets(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

/** The resolvers that a resolv.conf names, in their order; what is no IP address (`fe80::1%eth0`) is none. */
export function nameserversIn(text: string): readonly SocketAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, ip] = /^\s*nameserver\s+(\S+)/.exec(line) ?? [];
    return ip !== undefined && parseIp(ip) !== undefined ? [{ ip, port: dnsPort }] : [];
  });
}

/** Whether what is sent to the server arrives at who listens there; `ownIps` are the addresses of this machine. */
export function isOneself(server: SocketAddress, listen: SocketAddress, ownIps: readonly string[]): boolean {
  if (server.port !== listen.port) return false;
  const [to, at] = [kindOf(server.ip), kindOf(listen.ip)];
  if (to === 'unspecified') return at === 'unspecified' || at === 'loopback';
  const isSame = (ip: string) => keyOf(ip) === keyOf(server.ip);
  return at === 'unspecified' ? to === 'loopback' || ownIps.some(isSame) : isSame(listen.ip);
}

/** One text for each address: IPv4 that is written as IPv6 (`::ffff:127.0.0.1`) is IPv4. */
function keyOf(ip: string): string {
  const words = wordsOf(ip);
  return words ? (embeddedIn(words) ?? words).join() : ip;
}
