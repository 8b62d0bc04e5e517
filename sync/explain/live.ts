import type { Config } from '#config/schema';
import { heldEntities } from '#deck/held';
import { withOwnSignal } from '#io/signals';
import { readForeign } from '../control-planes/apply';
import { backendOf } from '../control-planes/backends';
import { readLists } from '../control-planes/kong-api/lists';
import { listPaths } from '../control-planes/kong-api/paths';
import { planOnce } from '../pass/plan-once';
import type { StageSession } from '../rollout/open-stages';
import type { Routing } from './routing/find-route';
import type { View } from './view';

/**
 * Reads and plans as `diff` does, and writes nothing. With `hasRequest` it reads all routes too.
 * Throws PrivatelinkError.
 */
export async function liveView(
  session: StageSession,
  { hasRequest }: { readonly hasRequest: boolean },
  signal: AbortSignal,
): Promise<View> {
  const { config, place, clock } = session;
  return withOwnSignal(signal, async (own) => {
    const reading = hasRequest ? readRouting(config, own.signal) : undefined;
    const planning = planOnce(session, own.signal);
    try {
      const [planned, routing] = await Promise.all([planning, reading]);
      const foreign = await readForeign(planned.report.changes, { ...session, signal: own.signal });
      return { planned, config, place, foreign, routing, nowMs: clock.now() };
    } catch (thrown) {
      own.abort(thrown);
      await Promise.allSettled([planning, reading]);
      throw thrown;
    }
  });
}

/**
 * Reads all routes of a control plane, of all writers. Undefined where its entities cannot be
 * listed. Throws PrivatelinkError.
 */
async function readRouting({ controlPlane }: Config, signal: AbortSignal): Promise<Routing | undefined> {
  const { openEntities, concurrency } = backendOf(controlPlane);
  const api = await openEntities?.(signal);
  if (!api) return undefined;
  const paths = (['service', 'route'] as const).map((kind) => ({ kind, path: listPaths[kind] }));
  const all = heldEntities(await readLists(paths, { ...api, tags: [], concurrency }, signal));
  return {
    routes: all.filter(({ kind }) => kind === 'route'),
    services: all.filter(({ kind }) => kind === 'service'),
  };
}
