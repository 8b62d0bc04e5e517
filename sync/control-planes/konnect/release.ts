import type { KonnectConfig } from '#config/schema';
import { messageOf } from '#core/errors';
import { lazy } from '#core/timing/lazy';
import type { Change } from '../../plan/changes';
import type { PluginSchema } from '../backend';
import type { Plane } from './plane';
import { type ConnectedNode, readConnected } from './settled';
import { bringPlugin, isStreamed, streamingNeeds, tooOldFix, tooOldToStream } from './streamed';

export type ReleaseOptions = Pick<KonnectConfig, 'streamPlugins'> & {
  readonly openPlane: (signal: AbortSignal) => Promise<Plane>;
  readonly schemas: readonly PluginSchema[];
};

/**
 * Returns the work before entities of the plugins (order: schema, plugin on every node, entity). It
 * uploads the schemas, or the plugins themselves, and checks the nodes. It returns warnings and
 * throws only the signal's reason: Konnect refuses, entity by entity, what could not be released.
 */
export function createRelease({ openPlane, schemas, ...config }: ReleaseOptions) {
  return async (changes: readonly Change[], signal: AbortSignal): Promise<readonly string[]> => {
    const used = schemas.filter(({ name }) => changes.some((change) => isOf(name, change)));
    if (used.length === 0) return [];
    const names = used.map(({ name }) => name).join(' and ');
    try {
      const plane = await openPlane(signal);
      const nodes = lazy(() => readConnected(plane, signal));
      const warnings: string[] = [];
      for (const schema of used) warnings.push(...(await bring(plane, schema, { config, nodes, signal })));
      const doubtful = doubtfulOf(await nodes()).map(
        (node) => `${node}: check that plugin ${names} is installed there`,
      );
      return [...warnings, ...doubtful];
    } catch (thrown) {
      signal.throwIfAborted();
      return [
        `the schema of plugin ${names} could not be uploaded, or the data planes could not be read: ${messageOf(thrown)}`,
      ];
    }
  };
}

type Bringing = {
  readonly config: Pick<KonnectConfig, 'streamPlugins'>;
  readonly nodes: () => Promise<readonly ConnectedNode[]>;
  readonly signal: AbortSignal;
};

/** A node that cannot take streamed plugins would lose its whole configuration. */
async function bring(
  plane: Plane,
  schema: PluginSchema,
  { config, nodes, signal }: Bringing,
): Promise<readonly string[]> {
  const old = isStreamed(schema, config) ? tooOldToStream(await nodes()) : [];
  if (old.length > 0) return [`plugin ${schema.name} is not streamed, because of ${old.join(', ')}: ${tooOldFix}`];
  const isWritten = await bringPlugin(plane, schema, { config, signal });
  if (!isWritten || !isStreamed(schema, config)) return [];
  return [`plugin ${schema.name} is streamed: ${streamingNeeds(schema.name)}`];
}

/** A delete has no `after`, so it never matches. */
function isOf(plugin: string, { kind, after }: Change): boolean {
  return kind === 'plugin' && after?.fields.name === plugin;
}

const compatible = 'COMPATIBILITY_STATE_FULLY_COMPATIBLE';

/** Whether Konnect says that the data plane can use the configuration. */
export function isCompatible({ state }: Pick<ConnectedNode, 'state'>): boolean {
  return state === compatible;
}

/** Whether Konnect says that the data plane cannot use it. Unknown states are not counted. */
export function isIncompatible(node: Pick<ConnectedNode, 'state'>): boolean {
  return node.state !== undefined && !isCompatible(node) && !/_UN(KNOWN|SPECIFIED)$/.test(node.state);
}

/**
 * Describes connected data planes that Konnect calls incompatible, or whose state it does not know.
 * Konnect does not list the plugins of a node.
 */
export function doubtfulOf(nodes: readonly ConnectedNode[]): readonly string[] {
  return nodes
    .filter((node) => !isCompatible(node))
    .map(({ name, version, state = 'of unknown compatibility' }) => {
      return `data plane ${name} (${version ?? 'version unknown'}) is ${state}`;
    });
}
