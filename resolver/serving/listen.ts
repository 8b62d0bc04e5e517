import { formatAddress } from '#core/addresses/targets';
import { hasCode, messageOf, PrivatelinkError } from '#core/errors';
import type { SocketAddress } from '../forwarding/nameservers';
import type { Respond } from './respond';
import { serveTcp } from './tcp';
import { serveUdp } from './udp';

export type DnsServer = {
  /** Its address, with the actual port when 0 was requested. */
  readonly address: SocketAddress;
  readonly close: () => Promise<void>;
};

/** A port that is free for UDP may be in use for TCP. */
const triesOfAnyPort = 20;

/** Answers over UDP and TCP at one address. Throws PrivatelinkError when it cannot listen. */
export async function serveDns(
  listen: SocketAddress,
  respond: Respond,
  onProblem: (reason: string) => void,
): Promise<DnsServer> {
  for (let tries = listen.port === 0 ? triesOfAnyPort : 1; ; tries -= 1) {
    try {
      return await serveBoth(listen, respond, onProblem);
    } catch (cause) {
      if (tries <= 1) throw notListening(listen, cause);
    }
  }
}

async function serveBoth(listen: SocketAddress, respond: Respond, onProblem: (reason: string) => void) {
  const udp = await serveUdp(listen, respond, onProblem);
  const address = { ...listen, port: udp.port };
  try {
    const tcp = await serveTcp(address, respond);
    const close = async () => void (await Promise.all([udp.close(), tcp.close()]));
    return { address, close };
  } catch (thrown) {
    await udp.close();
    throw thrown;
  }
}

function notListening(listen: SocketAddress, cause: unknown): PrivatelinkError {
  const reason = `the resolver cannot listen on ${formatAddress(listen)} (${messageOf(cause)})`;
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: fixOf(cause), cause });
}

function fixOf(cause: unknown): string {
  const otherwise = 'choose another with resolver.listen or --listen, and give Kong the same';
  if (hasCode(cause, 'EACCES', 'EPERM'))
    return `ports below 1024 need rights (CAP_NET_BIND_SERVICE): give them, or ${otherwise}`;
  if (hasCode(cause, 'EADDRINUSE')) return `stop what uses it, or ${otherwise}`;
  if (hasCode(cause, 'EADDRNOTAVAIL')) return `this machine has no such address: ${otherwise}`;
  return otherwise;
}
