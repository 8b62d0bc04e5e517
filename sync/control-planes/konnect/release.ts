import { z } from 'zod';
import { messageOf } from '#core/errors';
import type { Change } from '../../plan/changes';
import type { PluginSchema } from '../backend';
import { nodePages, readPages } from '../kong-api/pages';
import type { Plane } from './plane';
import { uploadSchema } from './plugin-schema';
import { isFresh } from './settled';

export type ReleaseOptions = {
  readonly openPlane: (signal: AbortSignal) => Promise<Plane>;
  readonly schema: PluginSchema;
};

/**
 * Gives what comes before entities of the plugin (schema, plugin on every node, entity): uploads the schema and looks
 * at the nodes. It gives warnings and never throws but at the signal: what cannot be released is refused by Konnect, entity by entity.
 */
export function createRelease({ openPlane, schema }: ReleaseOptions) {
  return async (changes: readonly Change[], signal: AbortSignal): Promise<readonly string[]> => {
    if (!changes.some((change) => isOf(schema.name, change))) return [];
    try {
      const plane = await openPlane(signal);
      await uploadSchema(plane, schema, signal);
      const doubtful = await doubtfulNodes(plane, signal);
      return doubtful.map((node) => `${node}: see that plugin ${schema.name} is installed there`);
    } catch (thrown) {
      signal.throwIfAborted();
      return [
        `the schema of plugin ${schema.name} could not be uploaded, or the nodes not be read: ${messageOf(thrown)}`,
      ];
    }
  };
}

/** Never a delete, which has no `after`. */
function isOf(plugin: string, { kind, after }: Change): boolean {
  return kind === 'plugin' && after?.fields.name === plugin;
}

const nodes = nodePages(
  z.object({
    hostname: z.string().nullish(),
    version: z.string().nullish(),
    last_ping: z.number().nullish(),
    compatibility_status: z.object({ state: z.string().nullish() }).nullish(),
  }),
);

const compatible = 'COMPATIBILITY_STATE_FULLY_COMPATIBLE';

/**
 * Connected data planes that Konnect calls incompatible, or of which it knows no state: it does not tell which plugins a node has.
 * Throws PrivatelinkError.
 */
export async function doubtfulNodes({ http, path, now }: Plane, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await readPages(http, { path: `${path}/nodes`, shape: nodes }, signal);
  return listed
    .filter((node) => isFresh(node, now()))
    .filter((node) => node.compatibility_status?.state !== compatible)
    .map(({ hostname, version, compatibility_status: status }) => {
      const state = status?.state ?? 'of unknown compatibility';
      return `data plane ${hostname ?? 'without name'} (${version ?? 'version unknown'}) is ${state}`;
    });
}
