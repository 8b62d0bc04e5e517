import type { KonnectConfig } from '#config/schema';
import type { PlaneCheckOptions } from '../backend';
import { type Diagnosis, ok, warning } from '../diagnosis';
import { openPlane } from './plane';
import { readSchema } from './plugin-schema';
import { doubtfulNodes } from './release';
import { readRollout } from './settled';

/** Which data planes follow the control plane. */
export async function checkDataPlanes(
  config: KonnectConfig,
  { reached }: PlaneCheckOptions,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  await reached;
  const plane = await openPlane(config)(signal);
  const { nodes, inSync } = await readRollout(plane, signal);
  if (nodes === 0) return [warning('none is connected: start one, nothing is routed without')];
  const doubtful = await doubtfulNodes(plane, signal);
  const counts = `${inSync} of ${nodes} run the expected configuration`;
  const behind = `${counts}: run this again in a minute, then look at the log of the others`;
  return [
    inSync < nodes ? warning(behind) : ok(counts),
    ...doubtful.map((node) => warning(`${node}: bring its version and plugins to what the control plane uses`)),
  ];
}

/** Where a domain uses the plugin, its schema is there and that of this version. */
export async function checkSchema(
  config: KonnectConfig,
  { schema, plugins, reached }: PlaneCheckOptions,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  if (!plugins.has(schema.name)) return [];
  await reached;
  const lua = await readSchema(await openPlane(config)(signal), schema.name, signal);
  if (lua === schema.lua) return [ok(`that of ${schema.name} is this version's`)];
  const fix = 'kong-privatelink schema --upload puts it there';
  if (lua !== undefined) return [warning(`that of ${schema.name} is another version's: ${fix}`)];
  return [warning(`that of ${schema.name} is absent: ${fix}, and so does sync before the first plugin entity`)];
}
