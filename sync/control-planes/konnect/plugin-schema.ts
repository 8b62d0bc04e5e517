import { z } from 'zod';
import type { PluginSchema } from '../backend';
import { nodePages, readPages } from '../kong-api/pages';
import { segmentOf } from '../kong-api/paths';
import type { Plane } from './plane';

const schemas = nodePages(z.object({ name: z.string(), lua_schema: z.string() }));

/**
 * Uploads the schema if Konnect's differs or is absent. Returns whether it wrote. Throws
 * PrivatelinkError.
 */
export async function uploadSchema(plane: Plane, { name, lua }: PluginSchema, signal: AbortSignal): Promise<boolean> {
  if ((await readSchema(plane, name, signal)) === lua) return false;
  await plane.http({ method: 'PUT', path: `${pathOf(plane)}/${segmentOf(name)}`, body: { lua_schema: lua } }, signal);
  return true;
}

/**
 * Reads the plugin's Lua schema from the control plane. Undefined: none. Throws PrivatelinkError.
 */
export async function readSchema(plane: Plane, name: string, signal: AbortSignal): Promise<string | undefined> {
  const held = await readPages(plane.http, { path: pathOf(plane), shape: schemas }, signal);
  return held.find((one) => one.name === name)?.lua_schema;
}

function pathOf({ path }: Plane): string {
  return `${path}/core-entities/plugin-schemas`;
}
