import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { formatAddress } from '#core/addresses/targets';
import { messageOf } from '#core/errors';
import { askByTcp, askByUdp } from './exchange';
import { createForwarder, type Forward } from './forwarder';
import { isOneself, nameserversIn, readAddress, type SocketAddress } from './nameservers';

export type OpenForwarderOptions = {
  readonly listen: SocketAddress;
  /** As written in the configuration; absent: the system's servers. */
  readonly forward?: readonly string[];
  readonly onProblem: (reason: string) => void;
  readonly resolvConf?: string;
};

export type Forwarding = {
  readonly servers: readonly SocketAddress[];
  /** Absent: there is no server to ask. */
  readonly forward?: Forward;
};

/**
 * Opens the forwarding of other names. It leaves out this resolver itself and unreadable servers,
 * and reports both.
 */
export function openForwarder(options: OpenForwarderOptions): Forwarding {
  const { listen, onProblem } = options;
  const ownIps = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const servers = serversOf(options).filter((server) => {
    const isSelf = isOneself(server, listen, ownIps);
    if (isSelf) onProblem(`${formatAddress(server)} is this resolver itself: no name is forwarded there`);
    return !isSelf;
  });
  if (servers.length > 0)
    return { servers, forward: createForwarder({ servers, ask: { udp: askByUdp, tcp: askByTcp } }) };
  onProblem('there is no resolver to forward to: other names are refused; name one in resolver.forward');
  return { servers };
}

function serversOf({ forward, onProblem, resolvConf = '/etc/resolv.conf' }: OpenForwarderOptions) {
  if (forward) return forward.map(readAddress);
  try {
    return nameserversIn(readFileSync(resolvConf, 'utf8'));
  } catch (thrown) {
    onProblem(`the system's resolvers are not known: ${messageOf(thrown)}`);
    return [];
  }
}
