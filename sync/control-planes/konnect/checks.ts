import type { KonnectConfig } from '#config/schema';
import type { PlaneCheckOptions, PluginSchema } from '../backend';
import { type Diagnosis, failed, ok, warning } from '../diagnosis';
import type { Plane } from './plane';
import { openPlane } from './plane';
import { readSchema } from './plugin-schema';
import { doubtfulOf } from './release';
import { readConnected, readRollout } from './settled';
import { isSame, isStreamed, readStreamed, type Streamed, streamingNeeds, tooOldFix, tooOldToStream } from './streamed';

/** Checks that connected data planes run the expected configuration. */
export async function checkDataPlanes(
  config: KonnectConfig,
  { reached }: PlaneCheckOptions,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  await reached;
  const plane = await openPlane(config)(signal);
  const { nodes, inSync } = await readRollout(plane, signal);
  if (nodes === 0) return [warning('no data plane is connected: start one, because nothing is routed without it')];
  const doubtful = doubtfulOf(await readConnected(plane, signal));
  const counts = `${inSync} of ${nodes} run the expected configuration`;
  const behind = `${counts}: run this again in a minute, then look at the log of the others`;
  return [
    inSync < nodes ? warning(behind) : ok(counts),
    ...doubtful.map((node) => warning(`${node}: bring its version and plugins to what the control plane uses`)),
  ];
}

/**
 * Checks each plugin that a domain uses: its schema is there in this version; for a streamed
 * plugin, its code too.
 */
export async function checkSchema(
  config: KonnectConfig,
  { schemas, plugins, reached }: PlaneCheckOptions,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const used = schemas.filter(({ name }) => plugins.has(name));
  if (used.length === 0) return [];
  await reached;
  const plane = await openPlane(config)(signal);
  const found: Diagnosis[] = [];
  for (const schema of used) found.push(...(await stateOf(plane, schema, { config, signal })));
  return found;
}

type Checking = { readonly config: KonnectConfig; readonly signal: AbortSignal };

const bringFix = 'kong-privatelink schema --upload uploads it';

async function stateOf(
  plane: Plane,
  schema: PluginSchema,
  { config, signal }: Checking,
): Promise<readonly Diagnosis[]> {
  if (isStreamed(schema, config)) return streamedState(plane, schema, signal);
  const { name } = schema;
  const lua = await readSchema(plane, name, signal);
  if (lua === schema.lua) return [ok(`the schema of ${name} is from this version`)];
  if (lua !== undefined) return [warning(`the schema of ${name} is from another version: ${bringFix}`)];
  return [
    warning(`the schema of ${name} is absent: ${bringFix}, and sync does so before the first entity of the plugin`),
  ];
}

async function streamedState(plane: Plane, schema: Streamed, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const { name } = schema;
  const held = await readStreamed(plane, name, signal);
  const old = tooOldToStream(await readConnected(plane, signal));
  const tooOld = old.join(', ');
  const refusals = old.length > 0 ? [failed(`${tooOld} cannot get ${name} from the control plane: ${tooOldFix}`)] : [];
  if (held === undefined) {
    const first = `${bringFix}, and sync does so before its first entity`;
    return [warning(`${name} is not streamed yet: ${first}; ${streamingNeeds(name)}`), ...refusals];
  }
  const stale = isSame(held, schema)
    ? []
    : [warning(`the streamed plugin ${name} is from another version: ${bringFix}`)];
  return [...stale, ok(`${name} is streamed: ${streamingNeeds(name)}`), ...refusals];
}
