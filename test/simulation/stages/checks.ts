import type { Domain } from '#core/claims/settle';
import { differencesOf } from '#deck/compare';
import { renderDesired } from '#deck/desired';
import { type Entity, type HeldEntity, nameOf } from '#deck/document';
import type { Report } from '#sync/pass/report';
import { checkOthers, originOf } from '../checks';
import { fail, type Held } from '../forms';
import type { Configuration, StageName } from './history';
import type { PinnedParts } from './model';
import { type Affinity, isOfConfiguration, isOwnUpstream, type Part, partIn } from './parts';
import type { Stage } from './stage';
import { settingsOf, type World } from './world';

/** Somebody else has the service of this name, so that the product's cannot be made. */
const takenDomain = 'sd4';

export type Passed = { readonly stage: Stage; readonly before: Held; readonly report?: Report };

/** What holds after each pass, whatever went wrong in it. */
export function checkAlways({ stage, before }: Passed): void {
  checkOthers(before, stage.plane.entities);
  const lost = [...before.values()].find((one) => isByHand(one) && !stage.plane.entities.has(nameOf(one)));
  const upstream = [...before.values()].find((one) => isOwnUpstream(one) && !stage.plane.entities.has(nameOf(one)));
  if (upstream) fail(`${stage.name}: upstream ${upstream.key} left`);
  if (lost) fail(`${stage.name}: service ${lost.key}, made by hand, was deleted`);
}

export function isByHand({ id }: HeldEntity): boolean {
  return id.startsWith('hand-');
}

/** What holds after a pass that nothing kept from writing. */
export function checkWritten({ stage }: Passed, found: readonly Domain[]): void {
  for (const { key } of targetsOf(found))
    if (!stage.plane.entities.has(`target:${key}`)) fail(`${stage.name}: target ${key} waits`);
}

/** The pass was under the pin that there is. */
export function checkPin({ stage, report }: Passed): void {
  const { pin, isOver } = stage.model;
  const wanted = isOver() ? undefined : pin()?.id;
  if (report?.pinned?.revision !== wanted)
    fail(`${stage.name}: is pinned to ${report?.pinned?.revision ?? 'nothing'} instead of ${wanted ?? 'nothing'}`);
}

/** To go back to what is newest is to follow again. */
export function checkGoal({ name, model }: Stage, wanted: string | undefined, to: string | undefined): void {
  if (wanted === 'newest' && to !== undefined) fail(`${name}: newest is revision ${to}`);
  const isNamed = wanted !== undefined && wanted !== 'newest';
  if (isNamed && to === undefined && !model.isNewest(wanted)) fail(`${name}: revision ${wanted} is not newest`);
  if (to !== undefined && model.isNewest(to)) fail(`${name}: goes back to revision ${to}, which is newest`);
}

/** Going back deletes no upstream and no target. */
export function checkDataStay({ stage, before }: Passed): void {
  const isData = ({ kind }: Entity) => kind === 'upstream' || kind === 'target';
  const lost = [...before.values()].find((one) => isData(one) && !stage.plane.entities.has(nameOf(one)));
  if (lost) fail(`${stage.name}: going back deleted ${lost.kind} ${lost.key}`);
}

export type Settled = { readonly stage: Stage; readonly world: World; readonly configuration: Configuration };

/** Once faults stop a stage is (its revision, the truth). */
export function checkSettled({ stage, world, configuration }: Settled, keptIds: readonly string[]): void {
  const truth = world.domains();
  const pin = stage.model.pinnedTo(keptIds);
  const context: Context = { stage, world, truth, held: stage.held() };
  // Of what was held when stateDir was lost, zones are left as they are.
  const affinity = pin ? pin.affinity : configuration.affinity;
  if (affinity) checkZones(context, affinity);
  checkTargets(context, affinity ?? 'none');
  const consumer = pin ? pin.consumer : configuration.consumer;
  if (stage.written() !== '' && consumer && !stage.written().includes(`username: ${consumer}\n`))
    fail(`${stage.name}: its base file is not that of ${consumer}`);
  if (pin) checkPinned(context, pin);
  else checkFollowing(context, configuration);
}

type Context = {
  readonly stage: Stage;
  readonly world: World;
  readonly truth: readonly Domain[];
  readonly held: readonly HeldEntity[];
};

/** Each target that is true is there, and no other but the last of what is merely absent. */
function checkTargets({ stage, world, truth, held }: Context, affinity: Affinity): void {
  const wanted = renderDesired({ owner: 'test', domains: truth, settings: {}, affinity, held });
  const targets = wanted.filter(({ kind }) => kind === 'target');
  const heldByName = new Map(held.map((one) => [nameOf(one), one]));
  for (const target of targets) {
    const found = heldByName.get(nameOf(target));
    if (!found) fail(`${stage.name}: target ${target.key} is true and missing`);
    else if (differencesOf(target, found).length > 0)
      fail(`${stage.name}: ${target.key} ${differencesOf(target, found)}`);
  }
  const names = new Set(targets.map(nameOf));
  const served = new Set(truth.map((one) => one.name));
  for (const one of held.filter(
    ({ kind, domain, parent }) => kind === 'target' && parent === `${domain}.privatelink`,
  )) {
    const mayStay = !served.has(one.domain) && world.isThere(originOf(one).endpointId);
    if (!names.has(nameOf(one)) && !mayStay) fail(`${stage.name}: target ${one.key} is not true`);
  }
}

function checkZones({ stage, held }: Context, affinity: Affinity): void {
  const zonal = held.find((one) => one.kind === 'upstream' && !isOwnUpstream(one));
  if (zonal && affinity === 'none') fail(`${stage.name}: ${zonal.key} is held although affinity is none`);
}

/** What is found is as it is configured today. */
function checkFollowing({ stage, truth, held }: Context, configuration: Configuration): void {
  const settings = settingsOf(configuration);
  for (const { name } of truth) {
    const wanted = partIn(renderDesired({ owner: 'test', domains: truth, settings }), name);
    const found = partIn(held, name);
    checkPart({ stage, name, wanted, found });
    const extra = [...found.keys()].find((one) => !wanted.has(one));
    const { route, plugins } = settings[name] ?? {};
    if (extra?.startsWith('route') && route === false) fail(`${stage.name}: ${extra} is switched off`);
    if (extra?.startsWith('plugin') && plugins) fail(`${stage.name}: ${extra} is not configured`);
  }
  const names = new Set(truth.map((one) => one.name));
  const tagged = held.find((one) => names.has(one.domain) && isTagged(one));
  if (tagged) fail(`${stage.name}: follows, and ${tagged.key} says ${tagged.tags}`);
}

export function isTagged({ kind, tags }: HeldEntity): boolean {
  return kind === 'service' && tags.some((tag) => tag.startsWith('pinned:'));
}

/** What the revision has is as it was, what it lacks has data alone. */
function checkPinned({ stage, truth, held }: Context, pin: PinnedParts): void {
  const defaults = renderDesired({ owner: 'test', domains: truth, settings: {} });
  const upstreams = held.filter(isOwnUpstream).map((one) => one.domain);
  for (const name of new Set([...truth.map((one) => one.name), ...upstreams])) {
    const found = partIn(held, name);
    const isKnown = pin.domains.get(name)?.has(`upstream:${name}.privatelink`);
    const own = partIn(defaults.filter(isOwnUpstream), name);
    const wanted = new Map([...(isKnown ? [] : own), ...(pin.domains.get(name) ?? [])]);
    checkPart({ stage, name, wanted, found });
  }
  for (const one of held.filter((other) => isOfConfiguration(other) && other.kind !== 'upstream')) {
    const isExtra = !pin.domains.get(one.domain)?.has(nameOf(one));
    if (isExtra && stage.model.created.get(nameOf(one)) === one.id)
      fail(`${stage.name}: ${nameOf(one)} is there although revision ${pin.id} is without it`);
  }
  checkTag(stage.name, held, pin);
}

function checkTag(name: StageName, held: readonly HeldEntity[], pin: PinnedParts): void {
  const says = held.filter(isTagged).map(({ tags }) => tags.find((tag) => tag.startsWith('pinned:')));
  const services = held.filter(
    ({ kind, key, domain }) => kind === 'service' && pin.domains.get(domain)?.has(`service:${key}`),
  );
  if (says.length !== (services.length > 0 ? 1 : 0) || says.some((one) => one !== `pinned:${pin.id}`))
    fail(`${name}: is pinned to ${pin.id}, and ${services.length} services say ${says}`);
}

type Compared = { readonly stage: Stage; readonly name: string; readonly wanted: Part; readonly found: Part };

function checkPart({ stage, name, wanted, found }: Compared): void {
  for (const [entity, text] of wanted) {
    if (name === takenDomain && !entity.startsWith('upstream')) continue;
    if (found.get(entity) !== text)
      fail(`${stage.name}: ${entity} is ${found.get(entity) ?? 'missing'} instead of ${text}`);
  }
}

function targetsOf(domains: readonly Domain[]): readonly Entity[] {
  return renderDesired({ owner: 'test', domains, settings: {} }).filter(({ kind }) => kind === 'target');
}
