import type { JsonObject } from '#core/model';

/** A person's versions of the configuration, in order; each is a revision. */
export type Edition = 'first' | 'good' | 'bad' | 'mended';

export const maintenanceHeader = 'x-maintenance';

type PluginOf = { readonly name: string; readonly config: JsonObject };

const harmless: PluginOf = { name: 'correlation-id', config: {} };
const closedTo = (config: JsonObject): PluginOf => ({
  name: 'request-termination',
  config: { status_code: 503, ...config },
});

/** Plugins of SD2. The bad edition lacks the trigger, so that SD2 is closed to everybody. */
export const pluginsOfSd2: Readonly<Record<Edition, readonly PluginOf[]>> = {
  first: [],
  good: [harmless],
  bad: [harmless, closedTo({})],
  mended: [harmless, closedTo({ trigger: maintenanceHeader })],
};

/** Names for people. */
export const editionNames: Readonly<Record<Edition, string>> = {
  first: 'the first',
  good: 'the good one: correlation-id',
  bad: 'the bad one: SD2 answers 503',
  mended: `the mended one: 503 with ${maintenanceHeader} alone`,
};

/** Returns the edition of a control plane, by its plugins; undefined: none yet. */
export function editionIn(plugins: readonly JsonObject[]): Edition | undefined {
  const closed = plugins.find(({ name }) => name === 'request-termination');
  if (closed) return hasTrigger(closed) ? 'mended' : 'bad';
  if (plugins.some(({ name }) => name === harmless.name)) return 'good';
  return plugins.length > 0 ? 'first' : undefined;
}

function hasTrigger({ config }: JsonObject): boolean {
  return typeof config === 'object' && config !== null && 'trigger' in config && config.trigger !== null;
}
