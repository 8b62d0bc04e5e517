import { judgesCallers } from '#config/plugins-in-use';
import type { Config } from '#config/schema';
import { formatProblem, messageOf, PrivatelinkError, type Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import { canonicalJson } from '#core/json';
import { nearest } from '#core/misfits/nearest';
import type { JsonObject, PluginSettings } from '#core/model';
import { callersPluginName, isOwnPlugin } from '#core/names';
import { pluginFields } from '#deck/desired';
import { concurrently } from '#io/concurrently';
import type { EntityApi } from '../kong-api/lists';
import { segmentOf } from '../kong-api/paths';
import { bundledPlugins } from './bundled';

type Plugin = {
  readonly where: string;
  readonly settings: PluginSettings;
  readonly body: JsonObject & { readonly name: string };
};

/** What a control plane says of the plugins that the configuration names. */
export type PluginAnswer = {
  /** How many different ones it was asked about. */
  readonly asked: number;
  readonly problems: readonly string[];
  /** What was not checked, and why. */
  readonly unchecked: readonly string[];
};

export type AskOptions = EntityApi & {
  /** Names of plugins that come with what is written, so that they need not be there yet. */
  readonly brought: ReadonlySet<string>;
};

/** Each is a call; a thousand domains with limits of their own would be a thousand of them. */
const mostAsked = 50;
const concurrency = 4;

/** Where plugins are named. */
type Named = Pick<Config, 'domains' | 'contracts'>;

/** Asks the control plane's own schemas about these plugins, each different one once. Rejects with the signal's reason alone. */
export async function askAboutPlugins(named: Named, options: AskOptions, signal: AbortSignal): Promise<PluginAnswer> {
  const different = [...groupBy(pluginsOf(named), ({ settings }) => canonicalJson(settings)).values()];
  const asked = different.slice(0, mostAsked);
  let unchecked: string | undefined;
  const answers = await concurrently(asked, { limit: concurrency, signal }, async (same, own) => {
    // Who does not answer about one keeps people waiting once, and not for each.
    const answer: Answer = unchecked ? { unchecked } : await answerTo(same, options, own);
    unchecked ??= answer.unchecked;
    return answer;
  });
  const more = different.length - asked.length;
  return {
    asked: asked.length,
    problems: answers.flatMap(({ problem }) => problem ?? []),
    unchecked: [
      ...new Set(answers.flatMap(({ unchecked }) => unchecked ?? [])),
      ...(more > 0
        ? [`plugins: only the first ${mostAsked} of ${different.length} different plugins were checked`]
        : []),
    ],
  };
}

function pluginsOf({ domains, contracts }: Named): readonly Plugin[] {
  const listed = Object.entries(domains).flatMap(([domain, { plugins = [] }]) =>
    plugins.map((settings, index) => ({
      where: `domains.${domain}.plugins[${index}]`,
      settings,
      body: pluginFields(settings, domain),
    })),
  );
  return judgesCallers({ contracts }) ? [judge, ...listed] : listed;
}

/** Of any domain: they differ in tables alone. First, since a data plane without it would lose all that is written. */
const judge: Plugin = pluginAt('contracts', { name: callersPluginName, config: {} });

function pluginAt(where: string, settings: PluginSettings): Plugin {
  return { where, settings, body: pluginFields(settings, 'any') };
}

type Answer = { readonly problem?: string; readonly unchecked?: string };

async function answerTo(same: readonly Plugin[], options: AskOptions, signal: AbortSignal): Promise<Answer> {
  const [first, ...others] = same;
  if (!first) return {};
  try {
    const problem = await problemOf(first, options, signal);
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return problem ? { problem: `${first.where}${more}: ${formatProblem(problem)}` } : {};
  } catch (thrown) {
    signal.throwIfAborted();
    const isOlder = thrown instanceof PrivatelinkError && thrown.code === unknownPlugin.code;
    const why = isOlder ? 'the control plane does not say which settings are allowed' : messageOf(thrown);
    return { unchecked: `plugins were not checked: ${why}` };
  }
}

/** An older control plane has no such path, and a plugin that it does not know no schema. */
export const unknownPlugin = { code: 'CONTROL_PLANE_UNKNOWN', fix: 'correct the name' } as const;
const fixes = { 404: unknownPlugin, 405: unknownPlugin };

/** Why the plugin would be refused; undefined: it would not. Throws PrivatelinkError where the control plane does not say. */
async function problemOf(
  { body }: Plugin,
  { http, base, brought }: AskOptions,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const validate = { method: 'POST', path: `${base}/schemas/plugins/validate`, body, fixes } as const;
  const { name } = body;
  const refusal = await failureOf(http(validate, signal), 'REJECTED');
  if (!refusal) return undefined;
  const read = { method: 'GET', path: `${base}/schemas/plugins/${segmentOf(name)}`, fixes } as const;
  if (!(await failureOf(http(read, signal), unknownPlugin.code))) {
    return { reason: refusal.said ?? refusal.reason, fix: `correct the configuration of plugin ${name}` };
  }
  return brought.has(name) ? undefined : whyUnknown(name);
}

/** The error of this code that the work ends with, if it does. */
async function failureOf(
  work: Promise<unknown>,
  code: PrivatelinkError['code'],
): Promise<PrivatelinkError | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof PrivatelinkError && thrown.code === code) return thrown;
    throw thrown;
  }
}

/** Why a plugin cannot be used that the control plane does not know. */
export function whyUnknown(name: string): Problem {
  const meant = isOwnPlugin(name) ? undefined : nearest(name, bundledPlugins);
  const guess = meant ? ` (did you mean ${meant}?)` : '';
  const install = 'install it on every node, list it in their KONG_PLUGINS and restart them';
  return {
    reason: `the control plane knows no plugin ${name}${guess}`,
    fix: isOwnPlugin(name) ? install : 'correct the name, or install the plugin',
  };
}
