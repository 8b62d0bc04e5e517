import type { HeldEntity } from '#deck/document';
import { accountOf, eachOriginOf } from '#deck/tags';
import { emptyState, type Passed, policy, runPass, type State } from './pipeline';
import {
  addressKeyOf,
  type EndpointName,
  type Estate,
  type Found,
  hub,
  idOf,
  type Listing,
  otherAccount,
  type Pass,
  passMs,
} from './world';

/**
 * The rules that hold in every pass. They look at answers and held targets, never at a verdict of
 * the product.
 */

/**
 * For a held target: the distinct observations in a row that missed it, the time of the first such
 * pass, and the time of the last observation.
 */
type Missed = { readonly count: number; readonly sinceMs: number; readonly lastMs: number };

export type Node = {
  readonly state: State;
  readonly missed: ReadonlyMap<string, Missed>;
  /** Scopes that this process has read. */
  readonly answered: ReadonlySet<string>;
};

/** Runs one pass. Throws the broken rule. */
export function follow(estate: Estate, node: Node, pass: Pass): Node {
  const passed = runPass(estate, node.state, pass);
  const seen = { estate, pass, passed };
  const missed = missedAfter(node, seen);
  const answered = answeredAfter(node, seen);
  checkRemovals(node, { missed, answered }, seen);
  checkAdditions(node, seen);
  checkServed(seen);
  return { state: passed.state, missed, answered };
}

type Seen = { readonly estate: Estate; readonly pass: Pass; readonly passed: Passed };

/**
 * The serving targets. A name is one target for each of its endpoints, with the key of the
 * endpoint's address.
 */
function targetsOf(held: State['held']): readonly HeldEntity[] {
  return [...held.values()].filter((one) => one.kind === 'target').flatMap(partsOf);
}

function partsOf(target: HeldEntity): readonly HeldEntity[] {
  if (!isNamed(target)) return [target];
  return eachOriginOf(target.tags).map(({ endpointId, scopeIds: [scopeId] }) => ({
    ...target,
    key: addressKeyOf(endpointId),
    tags: [`scope:${scopeId}`, endpointId],
  }));
}

function isNamed({ fields }: HeldEntity): boolean {
  return String(fields.target).startsWith('_http._tcp.');
}

/** The domains of a state whose addresses reach Kong by a name. */
function namedIn(held: State['held']): ReadonlySet<string> {
  return new Set([...held.values()].filter((one) => one.kind === 'target' && isNamed(one)).map((one) => one.domain));
}

function scopeIdOf({ tags }: HeldEntity): string {
  return tags.find((tag) => tag.startsWith('scope:'))?.slice('scope:'.length) ?? '';
}

/** `strange` is the endpoint of another account. */
function nameOf({ tags }: HeldEntity): EndpointName | 'strange' {
  const id = tags.find((tag) => tag.startsWith('vpce-'));
  return (['e1', 'e2', 'e3'] as const).find((name) => idOf(name) === id) ?? 'strange';
}

type Said = { readonly found: Found; readonly atMs: number };

/**
 * The scope's statement about an endpoint in this pass, and its time of observation. Undefined: the
 * scope was not read, or read by strangers.
 */
function saidBy(scopeId: string, name: EndpointName | 'strange', { pass, passed, estate }: Seen): Said | undefined {
  const { state, scopes } = passed;
  if (scopes.find(({ scope }) => scope.id === scopeId)?.status !== 'known' || name === 'strange') return undefined;
  const of = (listing: Listing) => listing[name] ?? 'untagged';
  if (scopeId === hub.id) return typeof pass.hub === 'string' ? undefined : { found: of(pass.hub), atMs: state.nowMs };
  if (!state.file) return undefined;
  const { content, atMs } = state.file;
  if (estate.asksOther) return { found: of(content.found), atMs: state.nowMs };
  return { found: of(content.found), atMs: content.late ? atMs - 24 * 3_600_000 : atMs };
}

function answeredAfter({ answered }: Node, { pass, passed }: Seen): Node['answered'] {
  const known = passed.scopes.filter(({ status }) => status === 'known').map(({ scope }) => scope.id);
  return new Set([...(pass.process === 'same' ? answered : []), ...known]);
}

function isMissing({ found }: Said): boolean {
  return found === 'untagged' || found === 'deleted';
}

function missedAfter({ state, missed }: Node, seen: Seen): Node['missed'] {
  const before: Node['missed'] = seen.pass.process === 'fresh' ? new Map() : missed;
  return new Map(
    targetsOf(state.held).flatMap((target): readonly (readonly [string, Missed])[] => {
      const old = before.get(target.key);
      const said = saidBy(scopeIdOf(target), nameOf(target), seen);
      if (said && !isMissing(said)) return [];
      const isNew = said && (!old || said.atMs > old.lastMs);
      if (!isNew) return old ? [[target.key, old]] : [];
      const { count, sinceMs } = old ?? { count: 0, sinceMs: seen.passed.state.nowMs };
      return [[target.key, { count: count + 1, sinceMs, lastMs: said.atMs }]];
    }),
  );
}

/**
 * A target leaves when AWS ends its own endpoint. It also leaves when it was missed often and long
 * enough and its domain keeps another target.
 */
function checkRemovals({ state }: Node, { missed, answered }: Pick<Node, 'missed' | 'answered'>, seen: Seen): void {
  const { pass, passed } = seen;
  const after = targetsOf(passed.state.held);
  const left = new Set(after.map((one) => one.key));
  for (const target of targetsOf(state.held)) {
    if (left.has(target.key) || isEnded(target, seen)) continue;
    // A replaced form needs no absences. Uncertain targets stay nevertheless.
    if (isReplacing(target, state.held, passed.state.held) && isMissed(target, seen)) continue;
    const { count, sinceMs } = missed.get(target.key) ?? { count: 0, sinceMs: passed.state.nowMs };
    const isLongAgo = passed.state.nowMs - sinceMs >= policy.removeAfterSeconds * 1_000;
    const isRead = saidBy(scopeIdOf(target), nameOf(target), seen) !== undefined;
    if (count < policy.removeAfterAbsences || !isLongAgo || !isRead) fail(`uncertain target ${target.key} left`, pass);
    if (passed.scopes.some(({ scope }) => !answered.has(scope.id)))
      fail(`${target.key} left before all was read`, pass);
    if (!after.some((one) => one.domain === target.domain)) fail(`domain ${target.domain} lost its last target`, pass);
  }
}

function isReplacing({ domain }: HeldEntity, before: State['held'], after: State['held']): boolean {
  const isKept = targetsOf(after).some((one) => one.domain === domain);
  return isKept && namedIn(before).has(domain) !== namedIn(after).has(domain);
}

/** Its scope was read and does not list it. */
function isMissed(target: HeldEntity, seen: Seen): boolean {
  const said = saidBy(scopeIdOf(target), nameOf(target), seen);
  return said !== undefined && isMissing(said);
}

/**
 * Its own scope ends it in this pass: EC2 with the right credentials, or the relay of that scope.
 */
function isEnded(target: HeldEntity, seen: Seen): boolean {
  const name = nameOf(target);
  const home = seen.estate.hubNames.some((one) => one === name) ? hub : seen.estate.other;
  const said = saidBy(home.id, name, seen);
  const isGone = said?.found === 'deleted' && (home === hub || seen.estate.asksOther);
  // An endpoint from the relay follows the relay's next answer, while EC2 itself is unknown.
  const isLate = scopeIdOf(target) === seen.estate.other.id && seen.passed.state.file?.content.late === 'rejected';
  return isGone || said?.found === 'rejected' || (isLate && name === 'e1');
}

/** No target comes unless a scope calls it available, and EC2 itself does not say otherwise now. */
function checkAdditions({ state }: Node, seen: Seen): void {
  const before = new Set(targetsOf(state.held).map((one) => one.key));
  for (const target of targetsOf(seen.passed.state.held)) {
    if (before.has(target.key)) continue;
    const name = nameOf(target);
    const isRight = name === 'strange' ? isFirst(state, seen.pass) : mayCome(name, seen);
    if (!isRight) fail(`${target.key} came, and may not`, seen.pass);
  }
}

/**
 * An endpoint that EC2 itself calls available serves after the pass, even when other changes are
 * withheld.
 */
function checkServed(seen: Seen): void {
  const { pass, passed, estate } = seen;
  const serving = new Set(targetsOf(passed.state.held).map(nameOf));
  const asked = [
    ...estate.hubNames.map((name) => ({ name, said: saidBy(hub.id, name, seen) })),
    ...(estate.asksOther ? estate.otherNames : []).map((name) => ({ name, said: saidBy(estate.other.id, name, seen) })),
  ];
  const missing = asked.find(({ name, said }) => said?.found === 'available' && !serving.has(name));
  if (missing) fail(`${missing.name} is available and does not serve`, pass);
}

/**
 * When nothing of a scope is held and no account is remembered, the first account with endpoints is
 * taken for the right one.
 */
function isFirst(state: State, { process }: Pass): boolean {
  const kept = process === 'fresh' ? { ...state, memories: {} } : state;
  return accountsIn(kept).length === 0 && !targetsOf(state.held).some((one) => scopeIdOf(one) === hub.id);
}

/**
 * An unknown scope takes part with its last answer. A snapshot takes part with its view of a day
 * ago, unless EC2 itself knows better.
 */
function mayCome(name: EndpointName, seen: Seen): boolean {
  const { estate, passed } = seen;
  const isKept = passed.scopes.some((state) => {
    const kept = state.status === 'unknown' ? (state.lastGood?.discovered.endpoints ?? []) : [];
    return kept.some((one) => one.id === idOf(name) && one.state === 'available');
  });
  const said = [hub.id, estate.other.id].map((id) => saidBy(id, name, seen)?.found);
  const isLate = name === 'e1' && passed.state.file?.content.late === 'available';
  const isGone = said[0] === 'rejected' || said[0] === 'deleted';
  return isKept || said.includes('available') || (isLate && !isGone);
}

/**
 * After this many passes everything certain must be right: two absences, one doubt of an empty
 * answer, and some to spare.
 */
const settlingPasses = 6;

const [a1, a2, b1] = ['a.privatelink|10.0.0.1:80', 'a.privatelink|10.0.0.2:80', 'b.privatelink|10.0.0.1:80'];

type Truth = {
  readonly found: Readonly<Record<EndpointName, Found>>;
  /**
   * The possible targets of these three domains then. Of a domain's last targets, the last seen one
   * stays.
   */
  readonly targets: readonly (readonly (string | undefined)[])[];
};

const allThere: Truth = { found: { e1: 'available', e2: 'available', e3: 'available' }, targets: [[a1, a2, b1]] };

/** A snapshot cannot be asked for one endpoint. A snapshot never takes a domain's last target. */
function truthsOf({ asksOther }: Estate): readonly Truth[] {
  return [
    allThere,
    { found: { e1: 'deleted', e2: 'available', e3: 'deleted' }, targets: asksOther ? [[a2]] : [[a2, b1]] },
    {
      found: { e1: 'untagged', e2: 'untagged', e3: 'available' },
      targets: [
        [a1, b1],
        [a2, b1],
      ],
    },
  ];
}

function quietPass({ hubNames, otherNames }: Estate, { found }: Truth, via?: Pass['via']): Pass {
  const of = (names: readonly EndpointName[]): Listing => Object.fromEntries(names.map((name) => [name, found[name]]));
  return { hub: of(hubNames), other: { found: of(otherNames) }, process: 'same', via };
}

/**
 * The known accounts of these endpoints. Only a new sight of one of them can prove an account
 * (fm-37).
 */
function accountsIn({ held, memories }: State): readonly string[] {
  const tagged = [...held.values()].flatMap((one) => accountOf(one.tags) ?? []);
  return [...tagged, memories[hub.id]?.lastGood?.accountId].filter((one) => one !== undefined);
}

/**
 * Strangers came first, for a scope without held targets. Only people can tell what is right then.
 */
export function isStrangers({ state }: Node): boolean {
  return accountsIn(state).includes(otherAccount);
}

/**
 * Without further faults the control plane comes to the truth, and the next pass writes nothing.
 * `isProven` tells whether a state on the way was proven before.
 */
export function checkConvergence(estate: Estate, node: Node, isProven: (truth: number, node: Node) => boolean): void {
  const possible = accountsIn(node.state).length > 0 ? truthsOf(estate) : [allThere];
  const ends = possible.flatMap((truth) => estate.vias.map((via) => ({ truth, quiet: quietPass(estate, truth, via) })));
  for (const [index, { truth, quiet }] of ends.entries()) {
    let settled = node;
    let isKnownToSettle = false;
    for (let count = 0; count < settlingPasses && !isKnownToSettle; count += 1) {
      settled = follow(estate, settled, quiet);
      isKnownToSettle = isProven(index, settled);
    }
    if (!isKnownToSettle) checkSettled(estate, settled, { truth, quiet });
  }
}

function domainOfName(name: EndpointName): string {
  return addressKeyOf(idOf(name)).split('.')[0] ?? '';
}

type End = { readonly truth: Truth; readonly quiet: Pass };

function checkSettled(estate: Estate, { state }: Node, { truth, quiet }: End): void {
  const keys = targetsOf(state.held)
    .filter(({ domain }) => domain !== 'c')
    .map((one) => one.key);
  if (!truth.targets.some((targets) => targets.join() === keys.sort().join()))
    fail(`settled at ${keys} instead of ${truth.targets.join(' or ')}`, quiet);
  const served = (['e1', 'e2', 'e3'] as const).filter((name) => truth.found[name] === 'available').map(domainOfName);
  const named = namedIn(state.held);
  const wrong = served.find((domain) => named.has(domain) !== (quiet.via === 'resolver'));
  if (wrong) fail(`domain ${wrong} is not via ${quiet.via}`, quiet);
  const { writes } = runPass(estate, state, quiet);
  const written = writes.map(({ action, kind, key }) => `${action} ${kind} ${key}`);
  if (written.length > 0) fail(`a pass over what is settled wrote ${written}`, quiet);
}

/**
 * The beginnings: everything is in use. One state is from this version; the other is from a version
 * without accounts, and nothing is remembered.
 */
export function beginnings(estate: Estate): readonly Node[] {
  const settled = runPass(estate, emptyState(), quietPass(estate, allThere)).state;
  const withoutAccount = [...settled.held].map(
    ([name, one]) => [name, { ...one, tags: one.tags.filter((tag) => accountOf([tag]) === undefined) }] as const,
  );
  const upgraded = { ...emptyState(new Map(withoutAccount)), nowMs: settled.nowMs, file: settled.file };
  const answered = new Set([hub.id, estate.other.id, ...estate.fixed.map(([scope]) => scope.id)]);
  return [
    { state: settled, missed: new Map(), answered },
    { state: upgraded, missed: new Map(), answered: new Set() },
  ];
}

function fail(message: string, pass: Pass): never {
  throw new Error(`${message} in the pass ${JSON.stringify(pass)} (a pass is ${passMs / 1_000} s)`);
}
