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

/** A control plane's answer about the plugins in the configuration. */
export type PluginAnswer = {
  /** Number of different plugins that were asked about. */
  readonly asked: number;
  readonly problems: readonly string[];
  /** What was not checked, and why. */
  readonly unchecked: readonly string[];
};

export type AskOptions = EntityApi & {
  /** Names of plugins that come with this write and need not exist yet. */
  readonly brought: ReadonlySet<string>;
};

/** Each question is a call, and a thousand domains may each have their own limits. */
const mostAsked = 50;
const concurrency = 4;

/** Places that name plugins. */
type Named = Pick<Config, 'domains' | 'contracts'>;

/**
 * Asks the control plane's own schemas about the plugins, once for each different one. Rejects only
 * with the signal's reason.
 */
export async function askAboutPlugins(named: Named, options: AskOptions, signal: AbortSignal): Promise<PluginAnswer> {
  const different = [...groupBy(pluginsOf(named), ({ settings }) => canonicalJson(settings)).values()];
  const asked = different.slice(0, mostAsked);
  let unchecked: string | undefined;
  const answers = await concurrently(asked, { limit: concurrency, signal }, async (same, own) => {
    // After one unanswered question the rest is skipped, so that people wait only once.
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

/**
 * Entities of different domains differ only in tables. It comes first, since a data plane without
 * it would lose everything.
 */
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

/** An older control plane does not have this path, and an unknown plugin has no schema. */
export const unknownPlugin = { code: 'CONTROL_PLANE_UNKNOWN', fix: 'correct the name' } as const;
const fixes = { 404: unknownPlugin, 405: unknownPlugin };

/**
 * Why the plugin would be refused. Undefined: it would not. Throws PrivatelinkError when the
 * control plane does not say.
 */
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

/** Returns the error of the work if it has this code. Throws other errors. */
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

/** Why a plugin that the control plane does not know cannot be used. */
export function whyUnknown(name: string): Problem {
  const meant = isOwnPlugin(name) ? undefined : nearest(name, bundledPlugins);
  const guess = meant ? ` (did you mean ${meant}?)` : '';
  const install = 'install it on every node, list it in their KONG_PLUGINS and restart them';
  return {
    reason: `the control plane knows no plugin ${name}${guess}`,
    fix: isOwnPlugin(name) ? install : 'correct the name, or install the plugin',
  };
}
