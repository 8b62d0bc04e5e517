import type { Target, Upstream } from '../entities';

/** The end of one try to reach an address. */
export type TryResult = 'answered' | 'refused' | 'timeout';

/** Addresses in turn and ejected addresses. All state survives a new configuration. */
export type Balancer = {
  /**
   * Returns the next target. A target in `failed` is picked only without any other. Undefined: no
   * peer.
   */
  readonly pick: (upstream: Upstream, failed: ReadonlySet<string>) => Target | undefined;
  /** Counts the result. Returns whether it ejected the address just now. */
  readonly report: (upstream: Upstream, address: string, result: TryResult) => boolean;
  /** Lets an ejected address in again. */
  readonly restore: (upstream: Upstream, address: string) => void;
};

type Peer = { turn: number; refused: number; timeout: number; isEjected: boolean };

/**
 * Smooth weighted round robin with passive health checks; targets marked `failover` come last. A
 * retry goes to an address without a failure in this request, as with Kong's least-connections. An
 * answer clears the failures, as the active checks of a real data plane do within seconds.
 */
export function createBalancer(): Balancer {
  const peers = new Map<string, Peer>();

  function peerOf(upstream: Upstream, address: string): Peer {
    const key = `${upstream.name}|${address}`;
    const peer = peers.get(key) ?? { turn: 0, refused: 0, timeout: 0, isEjected: false };
    peers.set(key, peer);
    return peer;
  }

  function pick(upstream: Upstream, failed: ReadonlySet<string>): Target | undefined {
    const able = upstream.targets.filter(({ address, weight }) => weight > 0 && !peerOf(upstream, address).isEjected);
    const untried = able.filter(({ address }) => !failed.has(address));
    return takeTurn(
      primariesOf(untried.length > 0 ? untried : able).map((target) => ({
        target,
        peer: peerOf(upstream, target.address),
      })),
    );
  }

  function report(upstream: Upstream, address: string, result: TryResult): boolean {
    const peer = peerOf(upstream, address);
    const wasEjected = peer.isEjected;
    if (result === 'answered') Object.assign(peer, { refused: 0, timeout: 0 });
    else {
      peer[result] += 1;
      peer.isEjected ||= isOver(upstream, peer);
    }
    return peer.isEjected && !wasEjected;
  }

  function restore(upstream: Upstream, address: string): void {
    Object.assign(peerOf(upstream, address), { refused: 0, timeout: 0, isEjected: false });
  }

  return { pick, report, restore };
}

/** Targets without `failover`; the others where none is left. */
function primariesOf(targets: readonly Target[]): readonly Target[] {
  const primaries = targets.filter(({ failover }) => !failover);
  return primaries.length > 0 ? primaries : targets;
}

/**
 * Each target gains its weight; the target furthest ahead goes and pays the sum. So turns spread
 * evenly (nginx's algorithm).
 */
function takeTurn(contenders: readonly { readonly target: Target; readonly peer: Peer }[]): Target | undefined {
  let total = 0;
  for (const { target, peer } of contenders) {
    peer.turn += target.weight;
    total += target.weight;
  }
  const [first, ...others] = contenders;
  if (!first) return undefined;
  const next = others.reduce((best, one) => (one.peer.turn > best.peer.turn ? one : best), first);
  next.peer.turn -= total;
  return next.target;
}

/** A limit of 0 switches that check off. */
function isOver(upstream: Upstream, { refused, timeout }: Peer): boolean {
  const { tcp_failures, timeouts } = upstream.healthchecks.passive.unhealthy;
  return (tcp_failures > 0 && refused >= tcp_failures) || (timeouts > 0 && timeout >= timeouts);
}
