import type { Domain } from '#core/claims/settle';
import { differencesOf } from '#deck/compare';
import { renderDesired } from '#deck/desired';
import { type Entity, type HeldEntity, nameOf } from '#deck/document';
import type { Report } from '#sync/pass/report';
import { checkOthers, originOf } from '../checks';
import { checkAlgorithms, fail, type Held, isNamed, isOfDomain, partsOfTarget } from '../forms';
import type { Configuration, StageName } from './history';
import type { PinnedParts } from './model';
import { type Affinity, formsIn, isOfConfiguration, isOwnUpstream, type Part, partIn } from './parts';
import type { Stage } from './stage';
import { configuredForm, type Form, formOfPart, heldForm, isNameOfTarget, ownTargets } from './via';
import { settingsOf, type World } from './world';

/** Somebody else owns the service of this name, so the product cannot create its own. */
const takenDomain = 'sd4';

export type Passed = {
  readonly stage: Stage;
  readonly world: World;
  readonly before: Held;
  readonly report?: Report;
};

/** Holds after each pass, whatever failed in it. */
export function checkAlways({ stage, world, before }: Passed): void {
  checkOthers(before, stage.plane.entities);
  checkAlgorithms(stage.plane.entities);
  checkServed({ stage, world, before });
  const lost = [...before.values()].find((one) => isByHand(one) && !stage.plane.entities.has(nameOf(one)));
  const upstream = [...before.values()].find((one) => isOwnUpstream(one) && !stage.plane.entities.has(nameOf(one)));
  if (upstream) fail(`${stage.name}: upstream ${upstream.key} left`);
  if (lost) fail(`${stage.name}: service ${lost.key}, made by hand, was deleted`);
}

/** A domain loses its last target only with its last endpoint, never by a switch of its form. */
function checkServed({ stage, world, before }: Passed): void {
  const after = stage.held();
  for (const domain of new Set([...before.values()].map((one) => one.domain))) {
    const own = ownTargets([...before.values()], domain);
    const isLeft = own.flatMap(partsOfTarget).some((one) => world.isThere(originOf(one).endpointId));
    if (isLeft && ownTargets(after, domain).length === 0) fail(`${stage.name}: ${domain} lost all its targets`);
  }
}

export function isByHand({ id }: HeldEntity): boolean {
  return id.startsWith('hand-');
}

type Holding = Pick<Stage, 'held'> & { readonly name: string };

/** Holds after a pass that could write everything. */
export function checkWritten({ name, held }: Holding, found: readonly Domain[]): void {
  const now = held();
  for (const domain of found) {
    const own = ownTargets(now, domain.name);
    const named = new Set(own.filter(isNamed).flatMap(({ tags }) => tags));
    const unnamed = domain.targets.find((one) => !named.has(one.endpointId));
    if (unnamed && named.size > 0) fail(`${name}: ${unnamed.endpointId} is not among the endpoints of its name`);
    for (const { key } of named.size > 0 ? [] : targetsOf([domain]))
      if (!own.some((one) => one.key === key)) fail(`${name}: target ${key} waits`);
  }
}

/** The pass respected the current pin. */
export function checkPin({ stage, report }: Passed): void {
  const { pin, isOver } = stage.model;
  const wanted = isOver() ? undefined : pin()?.id;
  if (report?.pinned?.revision !== wanted)
    fail(`${stage.name}: is pinned to ${report?.pinned?.revision ?? 'nothing'} instead of ${wanted ?? 'nothing'}`);
}

/** Going back to the newest revision means following again. */
export function checkGoal({ name, model }: Stage, wanted: string | undefined, to: string | undefined): void {
  if (wanted === 'newest' && to !== undefined) fail(`${name}: newest is revision ${to}`);
  const isNamed = wanted !== undefined && wanted !== 'newest';
  if (isNamed && to === undefined && !model.isNewest(wanted)) fail(`${name}: revision ${wanted} is not newest`);
  if (to !== undefined && model.isNewest(to)) fail(`${name}: goes back to revision ${to}, which is newest`);
}

/**
 * Going back deletes no upstream and no target, except replaced forms, and a name with its last
 * endpoint.
 */
export function checkDataStay({ stage, world, before }: Passed): void {
  const after = stage.plane.entities;
  const isLost = (one: HeldEntity) => {
    if (one.kind === 'target' && isOfDomain(one)) return !after.has(nameOf(one)) && isUnserved(one, { stage, world });
    const isOfZone = !isOwnUpstream(one) && heldForm(stage.held(), one.domain).names.length > 0;
    return (one.kind === 'upstream' || one.kind === 'target') && !isOfZone && !after.has(nameOf(one));
  };
  const lost = [...before.values()].find((one) => isLost(one));
  if (lost) fail(`${stage.name}: going back deleted ${lost.kind} ${lost.key}`);
}

/**
 * No other target of its domain has the same endpoints. Gone and absent endpoints of a name leave
 * with it.
 */
function isUnserved(target: HeldEntity, { stage, world }: Pick<Passed, 'stage' | 'world'>): boolean {
  const idsOf = (one: HeldEntity) => partsOfTarget(one).map((part) => originOf(part).endpointId);
  const served = new Set(ownTargets(stage.held(), target.domain).flatMap(idsOf));
  const found = new Set(world.domains().flatMap(({ targets }) => targets.map((one) => one.endpointId)));
  return idsOf(target).some((id) => !served.has(id) && (!isNamed(target) || found.has(id)));
}

export type Settled = { readonly stage: Stage; readonly world: World; readonly configuration: Configuration };

/** Without further faults a stage holds its revision and the true endpoints. */
export function checkSettled({ stage, world, configuration }: Settled, keptIds: readonly string[]): void {
  const truth = world.domains();
  const pin = stage.model.pinnedTo(keptIds);
  const context: Context = { stage, world, truth, held: stage.held() };
  // After a loss of stateDir, zones of the held upstreams stay as they are.
  const affinity = pin ? pin.affinity : configuration.affinity;
  const { via } = configuration;
  const formOf = (domain: Domain) => (pin ? formOfPart(pin.domains.get(domain.name)) : configuredForm(domain, via));
  if (affinity) checkZones(context, affinity);
  checkTargets(context, affinity ?? 'none', formOf);
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

/**
 * Each true target is there in the wanted form. No other one is, except the last absent one of its
 * domain.
 */
function checkTargets({ stage, world, truth, held }: Context, affinity: Affinity, formOf: FormOf): void {
  const formsOf = formsIn(truth, formOf);
  const wanted = renderDesired({ owner: 'test', domains: truth, settings: {}, affinity, held, formsOf });
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
  for (const one of held.filter((other) => other.kind === 'target' && isOfDomain(other))) {
    const mayStay =
      !served.has(one.domain) && partsOfTarget(one).some((part) => world.isThere(originOf(part).endpointId));
    if (!names.has(nameOf(one)) && !mayStay) fail(`${stage.name}: target ${one.key} is not true`);
  }
  const zonal = held.find((one) => one.kind === 'upstream' && !isOwnUpstream(one) && !formsOf(one.domain).hasAddresses);
  if (zonal) fail(`${stage.name}: ${zonal.key} is held although its domain is via resolver`);
}

type FormOf = (domain: Domain) => Form;

function checkZones({ stage, held }: Context, affinity: Affinity): void {
  const zonal = held.find((one) => one.kind === 'upstream' && !isOwnUpstream(one));
  if (zonal && affinity === 'none') fail(`${stage.name}: ${zonal.key} is held although affinity is none`);
}

/** Found domains have today's configuration. */
function checkFollowing({ stage, truth, held }: Context, configuration: Configuration): void {
  const settings = settingsOf(configuration);
  const formsOf = formsIn(truth, (domain) => configuredForm(domain, configuration.via));
  for (const { name } of truth) {
    const wanted = partIn(renderDesired({ owner: 'test', domains: truth, settings, formsOf }), name);
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

/** The revision's entities are unchanged. Domains outside it have only data. */
function checkPinned({ stage, truth, held }: Context, pin: PinnedParts): void {
  const defaults = renderDesired({ owner: 'test', domains: truth, settings: {} });
  const upstreams = held.filter(isOwnUpstream).map((one) => one.domain);
  for (const name of new Set([...truth.map((one) => one.name), ...upstreams])) {
    const found = partIn(held, name);
    const isKnown = pin.domains.get(name)?.has(`upstream:${name}.privatelink`);
    const own = partIn(defaults.filter(isOwnUpstream), name);
    const isServed = truth.some((one) => one.name === name);
    const part = [...(pin.domains.get(name) ?? [])].filter(([entity]) => isServed || !isNameOfTarget(entity));
    const wanted = new Map([...(isKnown ? [] : own), ...part]);
    checkPart({ stage, name, wanted, found });
  }
  const isData = ({ kind }: Entity) => kind === 'upstream' || kind === 'target';
  for (const one of held.filter((other) => isOfConfiguration(other) && !isData(other))) {
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
