import { z } from 'zod';
import type { KonnectConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { callersPluginName, zonePluginName } from '#core/names';
import type { PluginSchema } from '../backend';
import { shapeError } from '../kong-api/errors';
import { segmentOf } from '../kong-api/paths';
import type { Plane } from './plane';
import { uploadSchema } from './plugin-schema';
import type { ConnectedNode } from './settled';

/** A plugin that the control plane hands to its data planes: code and schema, both in Lua. */
export type Streamed = PluginSchema & { readonly handler: string };

/**
 * What Kong's sandbox denies to plugins, according to its documentation (Gateway 3.15). Our plugins
 * have not been run there.
 */
const sandboxNeeds: Readonly<Record<string, string>> = {
  [zonePluginName]: 'KONG_UNTRUSTED_LUA=lax (with strict, the default, no plugin can choose an upstream)',
  [callersPluginName]:
    'KONG_UNTRUSTED_LUA=strict, the default, or lax (the documentation of Kong says that strict has every function that the plugin calls; without one of them it refuses every request: try it on one data plane)',
};

/** Says what data planes need to run a streamed plugin. */
export function streamingNeeds(plugin: string): string {
  const needs = sandboxNeeds[plugin] ?? 'KONG_UNTRUSTED_LUA=lax';
  return `data planes need KONG_CUSTOM_PLUGIN_STREAMING_ENABLED=on and ${needs}, and its name must not be in KONG_PLUGINS`;
}

/**
 * Whether data planes get the plugin from the control plane, which then holds its code beside its
 * schema.
 */
export function isStreamed(
  schema: PluginSchema,
  { streamPlugins }: Pick<KonnectConfig, 'streamPlugins'>,
): schema is Streamed {
  return streamPlugins === true && schema.handler !== undefined;
}

/**
 * Uploads the plugin's schema, or the plugin itself, if it differs or is absent. Returns whether it
 * wrote. Throws PrivatelinkError.
 */
export function bringPlugin(
  plane: Plane,
  schema: PluginSchema,
  { config, signal }: { readonly config: Pick<KonnectConfig, 'streamPlugins'>; readonly signal: AbortSignal },
): Promise<boolean> {
  return isStreamed(schema, config) ? putStreamed(plane, schema, signal) : uploadSchema(plane, schema, signal);
}

async function putStreamed(plane: Plane, plugin: Streamed, signal: AbortSignal): Promise<boolean> {
  if (isSame(await readStreamed(plane, plugin.name, signal), plugin)) return false;
  const { name, handler, lua: schema } = plugin;
  await plane.http({ method: 'PUT', path: pathOf(plane, name), body: { name, handler, schema } }, signal);
  return true;
}

/** Whether the control plane holds this version of the plugin. */
export function isSame(held: Omit<Streamed, 'name'> | undefined, { lua, handler }: Streamed): boolean {
  return held?.lua === lua && held.handler === handler;
}

const customPlugin = z.object({ handler: z.string(), schema: z.string() });

const absent = { code: 'CONTROL_PLANE_UNKNOWN', fix: 'check that this Konnect streams custom plugins' } as const;

/** Reads the streamed plugin of this name. Undefined: none. Throws PrivatelinkError. */
export async function readStreamed(
  plane: Plane,
  name: string,
  signal: AbortSignal,
): Promise<Omit<Streamed, 'name'> | undefined> {
  const path = pathOf(plane, name);
  try {
    const answer = await plane.http({ method: 'GET', path, fixes: { 404: absent } }, signal);
    const parsed = customPlugin.safeParse(answer);
    if (!parsed.success) throw shapeError(`GET ${path}`, parsed.error);
    return { lua: parsed.data.schema, handler: parsed.data.handler };
  } catch (thrown) {
    if (thrown instanceof PrivatelinkError && thrown.code === absent.code) return undefined;
    throw thrown;
  }
}

function pathOf({ path }: Plane, name: string): string {
  return `${path}/core-entities/custom-plugins/${segmentOf(name)}`;
}

/** First Gateway version that takes plugins from its control plane. */
const [firstMajor, firstMinor] = [3, 15];

/**
 * Describes data planes that are too old for streamed plugins. Data planes with unknown versions
 * are left out.
 */
export function tooOldToStream(nodes: readonly ConnectedNode[]): readonly string[] {
  return nodes
    .filter(({ version }) => {
      const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
      return major !== undefined && (Number(major) - firstMajor || Number(minor) - firstMinor) < 0;
    })
    .map(({ name, version }) => `data plane ${name} (${version})`);
}

/** Fix for such data planes. */
export const tooOldFix = `update them to Gateway ${firstMajor}.${firstMinor}, or install the plugin there and remove controlPlane.streamPlugins`;
