import type { KonnectConfig } from '#config/schema';
import type { Clock } from '#core/timing/clock';
import { systemClock } from '#io/clock';
import { createHttp, type Http, type HttpOptions } from '../kong-api/http';
import { createServerClock } from '../kong-api/server-clock';
import { konnectApi } from './api';
import { planePath, resolveControlPlane } from './plane-id';

/** A control plane of Konnect: its path, its client, and Konnect's clock. */
export type Plane = {
  readonly http: Http;
  readonly id: string;
  readonly path: string;
  readonly now: () => number;
};

export type PlaneOptions = { readonly clock?: Clock } & Pick<HttpOptions, 'random' | 'timeoutMs'>;

/**
 * Returns the function that looks the control plane up, for work beside the entities. A recreated
 * control plane has another id. Throws as the backend does.
 */
export function openPlane(
  config: KonnectConfig,
  { clock = systemClock, ...options }: PlaneOptions = {},
): (signal: AbortSignal) => Promise<Plane> {
  const serverClock = createServerClock(clock);
  const http = createHttp({ api: konnectApi, ...config, ...options, clock, serverClock });
  return async (signal) => {
    const id = await resolveControlPlane(http, config.name, signal);
    return { http, id, path: planePath(id), now: serverClock.now };
  };
}
