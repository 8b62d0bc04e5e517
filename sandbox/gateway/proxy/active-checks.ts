import { type Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Upstream } from '../entities';
import { parseAddress } from './peer';

export type ActiveChecks = {
  /** Asks the ejected address again and again until it is healthy. */
  readonly watch: (upstream: Upstream, address: string) => void;
  readonly stop: () => void;
};

/**
 * The active health checks of an upstream, limited to their visible effect: addresses that requests
 * found dead. Calls `onHealthy` for each healthy answer.
 */
export function createActiveChecks(
  agent: Agent,
  onHealthy: (upstream: Upstream, address: string) => void,
): ActiveChecks {
  const stopping = new AbortController();

  async function check(upstream: Upstream, address: string): Promise<void> {
    const { active } = upstream.healthchecks;
    const { interval, http_statuses } = active.healthy;
    if (interval === 0) return;
    for (;;) {
      await wait(interval * 1_000, undefined, { signal: stopping.signal, ref: false });
      const status = await probe(address, active, { agent, signal: stopping.signal });
      if (status !== undefined && http_statuses.includes(status)) return onHealthy(upstream, address);
    }
  }

  return {
    // The check ends when the address is healthy, or with the signal's reason.
    watch: (upstream, address) => void check(upstream, address).catch(() => undefined),
    stop: () => stopping.abort(),
  };
}

type Probe = { readonly agent: Agent; readonly signal: AbortSignal };

/** Status of the answer; undefined without one. */
function probe(
  address: string,
  { http_path, timeout }: Upstream['healthchecks']['active'],
  { agent, signal }: Probe,
): Promise<number | undefined> {
  const { ip, port } = parseAddress(address);
  return new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout * 1_000)]);
    request({ host: ip, port, path: http_path, agent, signal: limit })
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', () => resolve(undefined))
      .end();
  });
}
