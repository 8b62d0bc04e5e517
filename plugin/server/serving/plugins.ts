import { readdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { Kong } from '../../request/handler';

/** The exports of a plugin file, as kong-js-pluginserver expects them. */
export type PluginEntry = {
  readonly name: string;
  readonly version: string | undefined;
  readonly priority: number;
  readonly schema: readonly unknown[];
  readonly phases: readonly string[];
  /**
   * Creates an instance: the functions of its phases by name. Throws what the plugin's constructor
   * throws.
   */
  readonly start: (config: unknown) => ReadonlyMap<string, Phase>;
};

export type Phase = (kong: Kong) => unknown;

/** The phases that Kong asks plugin servers for. */
const phases = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'];
const extensions = new Set(['.js', '.cjs']);

type PluginClass = new (config: unknown) => Readonly<Record<string, Phase>>;

const moduleSchema = z.object({
  Plugin: z.custom<PluginClass>((value) => typeof value === 'function', 'a file of the folder exports a class Plugin'),
  Name: z.string().optional(),
  Version: z.string().optional(),
  Priority: z.number().default(0),
  Schema: z.array(z.unknown()).default([]),
});

/**
 * Loads every plugin of the folder (absolute path). `onProblem` gets the files that cannot be used.
 * Throws PrivatelinkError when the folder cannot be read or has no plugin.
 */
export function loadPlugins(folder: string, onProblem: (reason: string) => void): ReadonlyMap<string, PluginEntry> {
  const plugins = new Map<string, PluginEntry>();
  for (const file of listEntries(folder)) {
    try {
      const entry = entryOf(file.name, require(join(folder, file.base)));
      plugins.set(entry.name, entry);
    } catch (thrown) {
      onProblem(`${join(folder, file.base)} is no plugin: ${messageOf(thrown)}`);
    }
  }
  if (plugins.size > 0) return plugins;
  const fix = 'give the folder of the compiled entries with -d';
  throw new PrivatelinkError(`${folder} has no plugin`, { code: 'CONFIG_INVALID', fix });
}

function listEntries(folder: string) {
  try {
    const files = readdirSync(folder).map((name) => parse(name));
    return files.filter(({ name, ext }) => extensions.has(ext) && !name.startsWith('.'));
  } catch (cause) {
    const reason = `the plugins' folder ${folder} cannot be read (${messageOf(cause)})`;
    throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: 'give another with -d', cause });
  }
}

function entryOf(fileName: string, loaded: unknown): PluginEntry {
  const { Plugin, Name, Version, Priority, Schema } = moduleSchema.parse(loaded);
  const own = phases.filter((phase) => typeof Plugin.prototype[phase] === 'function');
  return {
    name: (Name ?? fileName).toLowerCase(),
    version: Version,
    priority: Priority,
    schema: Schema,
    phases: own,
    start: (config) => {
      const plugin = new Plugin(config);
      return new Map(own.map((phase) => [phase, (kong: Kong) => plugin[phase]?.(kong)]));
    },
  };
}
