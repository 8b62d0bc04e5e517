import type { Discovered, Endpoint, ScopeState, Snapshot } from '#core/model';
import type { HeldEntity } from '#deck/document';
import type { VpcEndpoint } from '#sandbox/aws/world/model';
import type { AwsWorld } from '#sandbox/aws/world/world';
import type { Report } from '#sync/pass/report';
import { checkAlgorithms, fail, type Held, isNamed, isOfDomain, isOurs, isRemoved, nameKey, targetsOf } from './forms';
import type { Configuration } from './history';

export type Passed = {
  readonly before: Held;
  readonly after: Held;
  readonly configuration: Configuration;
  /** The process's own credentials belonged to another account. */
  readonly isStranger: boolean;
  /** Discovery's result; absent when the pass ended earlier. */
  readonly snapshot?: Snapshot;
  /** Absent when the pass threw, or its process died. */
  readonly report?: Report;
};

// The rules are written again here, without the product's tables, so that a mistake there is not
// repeated.
const terminal: ReadonlySet<string> = new Set(['rejected', 'failed', 'expired', 'deleting', 'deleted']);

/** Throws the rule that a pass broke. These rules hold after any fault. */
export function checkPass({ before, after, configuration, isStranger, snapshot, report }: Passed): void {
  const removed = targetsOf(before).filter((target) => isRemoved(target, after));
  const gone = goneIds(snapshot);
  const known = new Set(knownScopes(snapshot).map(({ scope }) => scope.id));
  for (const target of removed.filter(isOfDomain)) {
    const { scopeId, endpointId } = originOf(target);
    const isRead = known.has(scopeId) || gone.has(endpointId);
    if (!isRead) fail(`${target.key} was removed although scope ${scopeId} was not known`);
    if (isStranger && scopeId.includes('.self.')) fail(`${target.key} was removed by the word of another account`);
    const isLast = !targetsOf(after).some((one) => isOfDomain(one) && one.domain === target.domain);
    if (isLast && !gone.has(endpointId)) {
      fail(`${target.key} was the last of ${target.domain}, and was removed although ${endpointId} was only absent`);
    }
  }
  if (report && isSuccess(report)) {
    const overtaken = overtakenIds(snapshot);
    const ended = new Set([...gone].filter((id) => !overtaken.has(id)));
    const isServed = ({ domain, fields }: HeldEntity) =>
      saidIn(snapshot).endpoints.some(
        (one) =>
          one.state === 'available' &&
          one.domain === domain &&
          one.addresses.some(({ ip }) => `${ip}:${one.port}` === fields.target),
      );
    const left = targetsOf(after);
    const isEnded = (one: HeldEntity) => ended.has(originOf(one).endpointId) && !isServed(one);
    // A change that only removes tags of a name may wait, with other changes, for the end of the
    // window.
    const isAllEnded = ({ parent }: HeldEntity) =>
      left.every((one) => one.parent !== parent || !isNamed(one) || isEnded(one));
    const outlived = left.find((one) => isEnded(one) && (!isNamed(one) || isAllEnded(one)));
    if (outlived) fail(`${outlived.key} outlived a successful pass although its endpoint is gone`);
  }
  const withheld = report?.withheld?.changes.find(({ kind, action }) => kind !== 'target' || action === 'create');
  if (withheld) fail(`the brake withheld to ${withheld.action} ${withheld.kind} ${withheld.key}`);
  const isRouted = after.has('route:sd1') && !before.has('route:sd1');
  if (isRouted && configuration.isLimited && !after.has('plugin:sd1|rate-limiting'))
    fail('sd1 got a route without the plugin that limits it');
  checkAlgorithms(after);
  checkOthers(before, after);
}

/** Entities of others in the control plane are unchanged. */
export function checkOthers(before: Held, after: Held): void {
  const textOf = (held: Held) => JSON.stringify([...held.values()].filter((one) => !isOurs(one)));
  if (textOf(before) !== textOf(after)) fail(`entities of others changed from ${textOf(before)} to ${textOf(after)}`);
}

/** Throws unless the held targets are those that the world asks for. */
export function checkTruth(world: AwsWorld, held: Held, configuration: Configuration): void {
  const wanted = wantedIn(world);
  const targets = targetsOf(held);
  const named = new Set(targets.filter(isNamed).map((one) => one.domain));
  for (const [key, weight] of wanted) {
    const target = held.get(`target:${key}`);
    if (named.has(domainOf(key))) checkNamed(world, key, targets);
    else if (!target) fail(`${key} is available and missing`);
    else if (target.fields.weight !== weight) fail(`${key} has weight ${target.fields.weight} instead of ${weight}`);
  }
  const served = new Set([...wanted.keys()].map(domainOf));
  for (const target of targets) {
    const endpoint = world.endpoint(originOf(target).endpointId);
    const isWanted = isNamed(target)
      ? endpoint && isUsable(endpoint) && endpoint.tags['kong:domain'] === target.domain
      : wanted.has(`${target.domain}.privatelink|${target.fields.target}`);
    if (!isWanted && !mayStay(world, target, served))
      fail(`${target.key} is held although its endpoint is ${endpoint?.state ?? 'deleted'}`);
  }
  for (const domain of served)
    checkForm(
      world,
      targets.filter((one) => one.domain === domain),
      configuration,
    );
  checkConfigured(
    held,
    [...wanted.keys()].filter((key) => !named.has(domainOf(key))),
    configuration,
  );
}

function domainOf(key: string): string {
  return key.split('.privatelink|')[0] ?? '';
}

/** One of the endpoints with the address is among those of the name. */
function checkNamed(world: AwsWorld, key: string, targets: readonly HeldEntity[]): void {
  const owners = world.endpoints().filter((one) => isUsable(one) && wantedOf(one).some(([own]) => own === key));
  const ids = new Set(
    targets.filter((one) => isNamed(one) && one.domain === domainOf(key)).map((one) => originOf(one).endpointId),
  );
  if (!owners.some(({ id }) => ids.has(id))) fail(`${key} is available and not among the endpoints of its name`);
}

/** A serving domain has the configured form, unless one of its endpoints cannot be judged. */
function checkForm(world: AwsWorld, targets: readonly HeldEntity[], { via = 'addresses' }: Configuration): void {
  const isInDoubt = ({ tags, state }: VpcEndpoint) =>
    !terminal.has(state) && (tags['kong:port'] !== undefined || state !== 'available');
  const mayWait = targets.some((one) => {
    const endpoint = world.endpoint(originOf(one).endpointId);
    return endpoint !== undefined && isInDoubt(endpoint);
  });
  const wrong = targets.find((one) => isNamed(one) !== (via === 'resolver'));
  const strange = targets.find((one) => isNamed(one) && !one.key.startsWith(nameKey(one.domain)));
  if (strange) fail(`${strange.key} is no name of its domain`);
  if (wrong && !mayWait) fail(`${wrong.key} is held although the domain is via ${via}`);
}

/** Throws unless the published instances of `sd2` are its targets, or may stay as those may. */
export function checkPublished(world: AwsWorld, published: readonly HeldEntity[]): void {
  const wanted = wantedIn(world);
  const keys = [...wanted.keys()].filter((key) => key.startsWith('sd2.'));
  const held = new Map(published.map((one) => [`sd2.privatelink|${one.key.split('|')[1]}`, one]));
  const lacking = keys.find((key) => !held.has(key));
  if (lacking) fail(`${lacking} is not published`);
  const served = new Set(keys.map(() => 'sd2'));
  for (const [key, instance] of held) {
    const endpoint = world.endpoint(originOf(instance).endpointId);
    if (wanted.has(key) || mayStay(world, instance, served)) continue;
    fail(`${key} is published although its endpoint is ${endpoint?.state ?? 'deleted'}`);
  }
}

/** A served domain has exactly the configured plugin and zones. */
function checkConfigured(held: Held, wanted: readonly string[], { affinity, isLimited }: Configuration): void {
  const ours = [...held.values()].filter(isOurs);
  const isServed = wanted.some((key) => key.startsWith('sd1.'));
  if (isServed && ours.some(({ kind }) => kind === 'plugin') !== isLimited)
    fail('sd1 has not the plugin it should have');
  const zonal = ours.filter(({ kind, key, domain }) => kind === 'upstream' && key !== `${domain}.privatelink`);
  for (const { key, domain } of zonal) {
    if (affinity === 'none') fail(`${key} is held although affinity is none`);
    const addresses = wanted.filter((one) => one.startsWith(`${domain}.`)).map((one) => one.split('|')[1]);
    const lacking = addresses.find((address) => !held.has(`target:${key}|${address}`));
    if (lacking) fail(`${key} lacks ${lacking}`);
  }
}

/** Uncertain targets stay. Absent ones stay only as the last target of their domain. */
function mayStay(world: AwsWorld, target: HeldEntity, served: ReadonlySet<string>): boolean {
  const { scopeId, endpointId } = originOf(target);
  const endpoint = world.endpoint(endpointId);
  const isLast = !served.has(target.domain);
  // A snapshot cannot be asked whether an endpoint is gone.
  if (!endpoint || terminal.has(endpoint.state)) return isLast && scopeId.startsWith('relay.');
  const isMalformed = endpoint.tags['kong:port'] !== undefined;
  const isHeld = endpoint.state !== 'available' && endpoint.tags['kong:domain'] !== undefined;
  return isMalformed || isHeld || isLast;
}

function isUsable({ state, tags }: VpcEndpoint): boolean {
  return state === 'available' && tags['kong:domain'] !== undefined && tags['kong:port'] === undefined;
}

/** Addresses by domain. When several endpoints share an address, the largest weight wins. */
function wantedIn(world: AwsWorld): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const [key, weight] of world.endpoints().filter(isUsable).flatMap(wantedOf))
    wanted.set(key, Math.max(weight, wanted.get(key) ?? 0));
  return wanted;
}

function wantedOf({ interfaces, tags }: VpcEndpoint): readonly (readonly [string, number])[] {
  const { 'kong:domain': domain, 'kong:weight': weight = '100' } = tags;
  return interfaces.map(({ ip }) => [`${domain}.privatelink|${ip}:80`, Number(weight)] as const);
}

/** Every addition and removal was written. Entities below one of others do not count. */
function isSuccess({ refused, withheld, applied = [] }: Report): boolean {
  return (
    !refused && !withheld && applied.every(({ change, outcome }) => change.kind !== 'target' || outcome === 'applied')
  );
}

export function goneIds(snapshot: Snapshot | undefined): ReadonlySet<string> {
  const { endpoints, quarantined } = saidIn(snapshot);
  const states = [...endpoints, ...quarantined.map(({ endpointId, state }) => ({ id: endpointId, state }))];
  const ids = states.filter(({ state }) => state && terminal.has(state)).map(({ id }) => id);
  return new Set([...ids, ...(snapshot?.goneIds ?? [])]);
}

/**
 * Statements of known scopes. A relayed statement counts only while its own scope cannot be read.
 */
export function saidIn(snapshot: Snapshot | undefined): Discovered {
  const known = knownScopes(snapshot);
  const read = new Set(known.map(({ scope }) => scope.id));
  const counts = ({ observed }: Pick<Endpoint, 'observed'>) => observed === undefined || !read.has(observed.scopeId);
  return {
    endpoints: known.flatMap(({ discovered }) => discovered.endpoints.filter(counts)),
    quarantined: known.flatMap(({ discovered }) => discovered.quarantined.filter(counts)),
  };
}

/** Endpoints whose relayed statement may be older than their own scope's last answer. */
function overtakenIds(snapshot: Snapshot | undefined): ReadonlySet<string> {
  const lastSaidMs = (one: ScopeState) =>
    one.status === 'unknown' ? (one.lastGood?.observedAtMs ?? Number.POSITIVE_INFINITY) : 0;
  const lastSaid = new Map((snapshot?.scopes ?? []).map((one) => [one.scope.id, lastSaidMs(one)]));
  const { endpoints, quarantined } = saidIn(snapshot);
  const said = [...endpoints, ...quarantined.map(({ endpointId: id, observed }) => ({ id, observed }))];
  const isOvertaken = ({ observed }: Pick<Endpoint, 'observed'>) =>
    observed !== undefined && observed.atMs <= (lastSaid.get(observed.scopeId) ?? 0);
  return new Set(said.filter(isOvertaken).map(({ id }) => id));
}

export function knownScopes(snapshot: Snapshot | undefined): readonly Extract<ScopeState, { status: 'known' }>[] {
  return (snapshot?.scopes ?? []).flatMap((state) => (state.status === 'known' ? [state] : []));
}

export function originOf({ tags }: HeldEntity): { readonly scopeId: string; readonly endpointId: string } {
  const scopeId = tags.find((tag) => tag.startsWith('scope:'))?.slice('scope:'.length) ?? '';
  return { scopeId, endpointId: tags.find((tag) => tag.startsWith('vpce-')) ?? '' };
}
