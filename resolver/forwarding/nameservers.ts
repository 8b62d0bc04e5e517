import { parseIp } from '#core/addresses/parse';

/** An IP address and a port that DNS is spoken on. */
export type SocketAddress = { readonly ip: string; readonly port: number };

const dnsPort = 53;

/** `127.0.0.1:5353` or `[::1]:5353`, which the configuration has checked. */
export function readAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(':');
  return { ip: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
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
  const [to, at] = [oneSpelling(server.ip), oneSpelling(listen.ip)];
  if (isAny(to)) return isAny(at) || isLoopback(at);
  if (!isAny(at)) return to === at;
  return isLoopback(to) || ownIps.map(oneSpelling).includes(to);
}

const mapped = /^0000:0000:0000:0000:0000:ffff:([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})([0-9a-f]{2})$/;

/** IPv4 that is written as IPv6 (`::ffff:127.0.0.1`) is IPv4. */
function oneSpelling(ip: string): string {
  const text = parseIp(ip) ?? ip;
  const [, ...bytes] = mapped.exec(text) ?? [];
  return bytes.length > 0 ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.') : text;
}

function isAny(ip: string): boolean {
  return /^[0.:]+$/.test(ip);
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || /^0000:(0000:){6}0001$/.test(ip);
}
