import type { ControlPlaneConfig } from '#config/schema';
import { readForeign } from '../control-planes/apply';
import { foreignMessage } from '../control-planes/foreign-message';
import { openPlane } from '../control-planes/konnect/plane';
import { readSchema } from '../control-planes/konnect/plugin-schema';
import { doubtfulNodes } from '../control-planes/konnect/release';
import { readRollout } from '../control-planes/konnect/settled';
import { formatCounts } from '../pass/report-text';
import { planOnce } from '../pass/run-once';
import { type Answer, failed, ok, warning } from './check';
import type { Context } from './context';

/** The control plane can be read with this token, and is one that can be written. */
export async function checkControlPlane({ held, config }: Context): Promise<readonly Answer[]> {
  return [ok(`${placeOf(config.controlPlane)}; entities of owner ${config.owner}: ${(await held).length}`)];
}

function placeOf(controlPlane: ControlPlaneConfig): string {
  const name = 'name' in controlPlane && controlPlane.name !== undefined ? [`"${controlPlane.name}" at`] : [];
  const at = 'address' in controlPlane ? controlPlane.address : controlPlane.path;
  return [controlPlane.type, ...name, at].join(' ');
}

/** Konnect: which data planes follow the control plane. */
export async function checkDataPlanes(
  { held, config: { controlPlane } }: Context,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  if (controlPlane.type !== 'konnect') return [];
  await held;
  const plane = await openPlane(controlPlane)(signal);
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

/** Konnect: where a domain uses the plugin, its schema is there and that of this version. */
export async function checkSchema(
  { held, config: { controlPlane, domains }, schema }: Context,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const isUsed = Object.values(domains).some(({ plugins }) => plugins?.some((one) => one.name === schema.name));
  if (controlPlane.type !== 'konnect' || !isUsed) return [];
  await held;
  const lua = await readSchema(await openPlane(controlPlane)(signal), schema.name, signal);
  if (lua === schema.lua) return [ok(`that of ${schema.name} is this version's`)];
  const fix = 'kong-privatelink schema --upload puts it there';
  if (lua !== undefined) return [warning(`that of ${schema.name} is another version's: ${fix}`)];
  return [warning(`that of ${schema.name} is absent: ${fix}, and so does sync before the first plugin entity`)];
}

/** Base files: all of them can be read, and are what decK accepts. */
export async function checkBaseFiles({ session, config }: Context): Promise<readonly Answer[]> {
  if (config.deck.base.length === 0) return [];
  return [ok(`read: ${(await session).base.files.length}`)];
}

/** What sync would meet: names that others have, a plan that policy refuses. */
export async function checkPlan(context: Context, signal: AbortSignal): Promise<readonly Answer[]> {
  // One after the other, so that of several that reject the one shown first is told.
  const [session, snapshot, held] = [await context.session, await context.snapshot, await context.held];
  const controlPlane = { ...session.controlPlane, read: async () => held };
  const pass = { ...session, controlPlane, discover: async () => snapshot, publications: undefined };
  const { refused, withheld, changes, warnings, scopes } = (await planOnce(pass, signal)).report;
  // Only beside what the control plane holds does it show whose the endpoints are.
  const strange = scopes.filter(({ code }) => code === 'OTHER_ACCOUNT');
  const [taken, ...others] = await readForeign(changes, { controlPlane, signal });
  const more = others.length > 0 ? ` (and ${others.length} more: kong-privatelink diff)` : '';
  return [
    refused ? warning(`sync would refuse: ${refused}`) : ok(formatCounts(changes)),
    ...(withheld ? [warning(`sync would withhold ${formatCounts(withheld.changes)}: ${withheld.reason}`)] : []),
    ...strange.map(({ reason = '' }) => failed(reason)),
    ...(taken ? [failed(`${foreignMessage(taken)}${more}`)] : []),
    ...warnings.map(warning),
  ];
}
