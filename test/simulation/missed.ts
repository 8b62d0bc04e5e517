import type { HeldEntity } from '#deck/document';
import { goneIds, knownScopes, originOf, type Passed, saidIn } from './checks';
import { fail, type Held, isNamed, isOfDomain, isRemoved, isReplaced, keyAfter, targetsOf } from './forms';

/**
 * The default policy's requirement for an absence, written again so that a mistake there is not
 * repeated.
 */
const leastSightings = 3;
const leastMs = 180_000;

type Sightings = {
  readonly count: number;
  readonly sinceMs: number;
  readonly restarts: number;
  readonly steps: number;
};

/**
 * Checks that no target leaves early (fm-41). Whatever happens to the clock, an absent target was
 * missed in three passes. That took more than three minutes too, unless a process started since
 * then had only the wall clock, and the clock was set.
 */
export function createMissed(monotonicMs: () => number) {
  let missed = new Map<string, Sightings>();
  let restarts = 0;
  let steps = 0;

  function check(passed: Passed): void {
    const gone = goneIds(passed.snapshot);
    const next = new Map<string, Sightings>();
    for (const target of targetsOf(passed.before).filter(isOfDomain)) {
      const seen = sightingOf(target, passed);
      const before = missed.get(target.key);
      const started = before ?? { count: 0, sinceMs: monotonicMs(), restarts, steps };
      const sightings = seen === 'missed' ? { ...started, count: started.count + 1 } : before;
      if (sightings && seen !== 'there') next.set(keyAfter(target, passed.after) ?? target.key, sightings);
      if (isMissed(target, passed.after) && !gone.has(originOf(target).endpointId)) checkRipe(target, sightings);
    }
    missed = next;
  }

  /**
   * A process in an empty folder has missed nothing before. Its observations mean nothing to the
   * worker, which has its own folder.
   */
  function checkFresh({ before, after, snapshot }: Passed): void {
    const gone = goneIds(snapshot);
    for (const target of targetsOf(before).filter(isOfDomain)) {
      if (isMissed(target, after) && !gone.has(originOf(target).endpointId)) checkRipe(target, undefined);
    }
  }

  function checkRipe({ key }: HeldEntity, sightings: Sightings | undefined): void {
    const { count = 0, sinceMs = monotonicMs() } = sightings ?? {};
    if (count < leastSightings) fail(`${key} left although it was missed only ${count} times`);
    const isTimeKnown = sightings?.restarts === restarts || sightings?.steps === steps;
    const tookMs = monotonicMs() - sinceMs;
    if (isTimeKnown && tookMs < leastMs) fail(`${key} left although it was missed only for ${tookMs} ms`);
  }

  return {
    check,
    checkFresh,
    noteRestart: () => {
      restarts += 1;
    },
    noteStep: () => {
      steps += 1;
    },
  };
}

/** The target left, and not by a switch of its domain's form. */
function isMissed(target: HeldEntity, after: Held): boolean {
  return isRemoved(target, after) && !isReplaced(target, after);
}

/** A pass's view of a target: it serves, it does not, or nothing is certain. */
function sightingOf(target: HeldEntity, { snapshot }: Passed): 'there' | 'missed' | 'uncertain' {
  const { scopeId, endpointId } = originOf(target);
  const known = knownScopes(snapshot);
  if (!known.some(({ scope }) => scope.id === scopeId)) return 'uncertain';
  const { endpoints, quarantined } = saidIn(snapshot);
  if (quarantined.some((one) => one.endpointId === endpointId)) return 'uncertain';
  const listed = endpoints.filter(({ id }) => id === endpointId);
  if (listed.some(({ state }) => state !== 'available')) return 'uncertain';
  // A name may leave out an endpoint that shares its addresses with another one.
  const isOwn = (ip: string) =>
    !endpoints.some((one) => one.id !== endpointId && one.addresses.some((address) => address.ip === ip));
  const isThere = (ip: string, port: number) =>
    isNamed(target) ? isOwn(ip) : `${ip}:${port}` === target.fields.target;
  const serves = listed.some(
    ({ domain, addresses, port }) => domain === target.domain && addresses.some(({ ip }) => isThere(ip, port)),
  );
  return serves ? 'there' : 'missed';
}
