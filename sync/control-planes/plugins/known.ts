import { PrivatelinkError } from '#core/errors';
import type { Change } from '../../plan/changes';
import type { EntityApi } from '../kong-api/lists';
import { segmentOf } from '../kong-api/paths';
import { unknownPlugin, whyUnknown } from './check';

/**
 * Why an entity of a plugin is not written. Undefined: it is written. Rejects only with the
 * signal's reason.
 */
export type RefusePlugin = (change: Change, signal: AbortSignal) => Promise<PrivatelinkError | undefined>;

/**
 * Returns the function that asks Kong whether it knows a created entity's plugin, until it does. A
 * data plane loads no configuration with an unknown plugin. When Kong does not answer, the write
 * itself tells.
 */
export function refusingUnknown({ http, base }: EntityApi): RefusePlugin {
  const known = new Set<string>();
  return async ({ action, kind, after }, signal) => {
    const name = action === 'create' && kind === 'plugin' ? String(after?.fields.name) : undefined;
    if (name === undefined || known.has(name)) return undefined;
    const path = `${base}/schemas/plugins/${segmentOf(name)}`;
    try {
      await http({ method: 'GET', path, fixes: { 404: unknownPlugin } }, signal);
      known.add(name);
      return undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof PrivatelinkError) || thrown.code !== unknownPlugin.code) return undefined;
      const { reason, fix } = whyUnknown(name);
      return new PrivatelinkError(reason, { code: 'REJECTED', fix, cause: thrown });
    }
  };
}
