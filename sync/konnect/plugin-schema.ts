import { z } from 'zod';
import { nodePages, readPages } from '../kong-api/pages';
import type { Plane } from './plane';

/** A custom plugin's schema in Lua, as Konnect takes it. */
export type PluginSchema = { readonly name: string; readonly lua: string };

const schemas = nodePages(z.object({ name: z.string(), lua_schema: z.string() }));

/** Puts the schema where Konnect's differs or is absent; gives whether it wrote. Throws PrivatelinkError. */
export async function uploadSchema(plane: Plane, { name, lua }: PluginSchema, signal: AbortSignal): Promise<boolean> {
  const path = `${plane.path}/core-entities/plugin-schemas`;
  const held = await readPages(plane.http, { path, shape: schemas }, signal);
  if (held.some((one) => one.name === name && one.lua_schema === lua)) return false;
  await plane.http({ method: 'PUT', path: `${path}/${name}`, body: { lua_schema: lua } }, signal);
  return true;
}
