import { pluginsInUse } from '#config/plugins-in-use';
import type { Config } from '#config/schema';
import { readForeign } from '../control-planes/apply';
import { backendOf } from '../control-planes/backends';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import type { PlaneIdentity } from '../control-planes/plane-identity';
import { checkPlugins } from '../pass/check-plugins';
import { planOnce } from '../pass/plan-once';
import { formatCounts } from '../pass/report-text';
import { foreignMessage } from '../plan/foreign-entities';
import type { ListedCheck } from './check';
import type { Context } from './context';

/** Checks that the token can read the control plane, and its kind is writable. */
export async function checkControlPlane({ held, config }: Context): Promise<readonly Diagnosis[]> {
  return [
    ok(
      `${describe(backendOf(config.controlPlane).identity)}; entities of owner ${config.owner}: ${(await held).length}`,
    ),
  ];
}

function describe({ type, name, address, path }: PlaneIdentity): string {
  return [type, ...(name === undefined ? [] : [`"${name}" at`]), address ?? path].join(' ');
}

/** Checks that all base files are readable, and acceptable to decK. */
export async function checkBaseFiles({ session, config }: Context): Promise<readonly Diagnosis[]> {
  if (config.deck.base.length === 0) return [];
  return [ok(`read: ${(await session).base.files.length}`)];
}

/** Returns the checks of this type of control plane, after it was read. */
export function backendChecks(config: Config): readonly ListedCheck[] {
  const plugins = pluginsInUse(config);
  return backendOf(config.controlPlane).checks.map(({ name, run }) => ({
    name,
    run: ({ held, schemas }, signal) => run({ schemas, plugins, reached: held }, signal),
  }));
}

/** Checks the plugins of `domains` and `contracts` against the control plane's own schemas. */
export async function checkConfiguredPlugins(
  { config, session, held }: Context,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  if (pluginsInUse(config).size === 0) return [];
  await held;
  const { asked, problems, unchecked } = await checkPlugins({ config, base: (await session).base }, signal);
  const found = [...problems.map(failed), ...unchecked.map(warning)];
  return found.length > 0 || asked === 0 ? found : [ok(`plugins that the control plane accepts: ${asked}`)];
}

/** Checks the plan of sync: taken names, and a refusal by policy. */
export async function checkPlan(context: Context, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  // One after the other, so that of several rejections the first shown check reports it.
  const [session, snapshot, held] = [await context.session, await context.snapshot, await context.held];
  const controlPlane = { ...session.controlPlane, read: async () => held };
  const pass = { ...session, controlPlane, discover: async () => snapshot, publications: undefined };
  const { refused, withheld, changes, warnings, scopes } = (await planOnce(pass, signal)).report;
  // Only a comparison with the control plane shows endpoints of another account.
  const strange = scopes.filter(({ code }) => code === 'OTHER_ACCOUNT');
  const [taken, ...others] = await readForeign(changes, { controlPlane, signal });
  const more = others.length > 0 ? ` (and ${others.length} more: kong-privatelink diff)` : '';
  return [
    refused ? warning(`sync would refuse: ${refused}`) : ok(formatCounts(changes)),
    ...(withheld ? [warning(`sync would withhold ${withheld.changes.length} changes: ${withheld.reason}`)] : []),
    ...strange.map(({ reason = '' }) => failed(reason)),
    ...(taken ? [failed(`${foreignMessage(taken)}${more}`)] : []),
    ...warnings.map(warning),
  ];
}
