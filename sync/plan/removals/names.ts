import { compareText } from '#core/addresses/targets';
import { firstOfEach, groupBy } from '#core/group-by';
import { withoutDefaults } from '#deck/compare';
import type { Document, Entity, HeldEntity } from '#deck/document';
import { type EndpointOrigin, eachOriginOf, withOrigins } from '#deck/tags';
import { isNameTarget, isOwnTarget, targetOfOne } from '#deck/via';
import { type Removal, type RemovalContext, removeTargets, type TargetRemovals } from './removals';

export type JudgingInput = RemovalContext & { readonly held: readonly HeldEntity[] };

export type JudgedTargets = TargetRemovals & {
  readonly desired: Document;
  /** Unwanted names that stay for some of their endpoints. */
  readonly staying: Document;
};

/**
 * Finds the unwanted targets that leave. A name is judged for each of its endpoints, as if each
 * were a target: it stays with the endpoints that stay, and leaves with the last one.
 */
export function judgeTargets(unwanted: readonly HeldEntity[], input: JudgingInput): JudgedTargets {
  const names = [...wantedNames(input), ...unwantedNames(unwanted)];
  const parts = names.flatMap(({ name, origins }) =>
    origins.map((origin) => ({ name, origin, target: { ...targetOfOne(name, origin), id: '' } })),
  );
  const split = new Set<Entity>(names.map((one) => one.name));
  const whole = unwanted.filter((one) => !split.has(one));
  const nameByKey = new Map(parts.map(({ name, target }) => [target.key, name]));
  const { remove, kept, absences } = removeTargets([...whole, ...parts.map((one) => one.target)], {
    ...input,
    protection: (one) => input.protection?.(nameByKey.get(one.key) ?? one),
  });
  const keptKeys = new Set(kept.map((one) => one.key));
  const originsKept = groupBy(
    parts.filter(({ target }) => keptKeys.has(target.key)),
    (one) => one.name,
  );
  const keptOf = (name: Entity) => (originsKept.get(name) ?? []).map((one) => one.origin);
  const removed = groupBy(remove, ({ entity }) => nameByKey.get(entity.key));
  return {
    absences,
    remove: [
      ...(removed.get(undefined) ?? []),
      ...unwanted.flatMap((one) => (split.has(one) && !originsKept.has(one) ? leaving(one, removed.get(one)) : [])),
    ],
    kept: firstOfEach(
      kept.map((one) => ({ ...one, key: nameByKey.get(one.key)?.key ?? one.key })),
      ({ key, reason }) => `${key} ${reason}`,
    ),
    desired: input.desired.map((one) => (originsKept.has(one) ? withMore(one, keptOf(one)) : one)),
    staying: unwanted.flatMap((one) => (originsKept.has(one) ? [forOrigins(one, keptOf(one))] : [])),
  };
}

type Standing = { readonly name: Entity; readonly origins: readonly EndpointOrigin[] };

/** Wanted names, each with the held endpoints of the upstream that are not available now. */
function wantedNames({ desired, held }: JudgingInput): readonly Standing[] {
  const names = desired.filter((one) => isNameTarget(one) && isOwnTarget(one));
  if (names.length === 0) return [];
  const own = groupBy(held.filter(isOwnTarget), (one) => one.domain);
  return names.map((name) => {
    const available = new Set(eachOriginOf(name.tags).map((one) => one.endpointId));
    const before = (own.get(name.domain) ?? []).flatMap(({ tags }) => eachOriginOf(tags));
    const others = before.filter(({ endpointId }) => !available.has(endpointId));
    return { name, origins: firstOfEach(others, (one) => one.endpointId) };
  });
}

/**
 * Unwanted names with endpoints in their tags. A name without any is judged as an ordinary target.
 */
function unwantedNames(unwanted: readonly HeldEntity[]): readonly Standing[] {
  return unwanted
    .filter((one) => isNameTarget(one) && isOwnTarget(one))
    .map((name) => ({ name, origins: eachOriginOf(name.tags) }))
    .filter(({ origins }) => origins.length > 0);
}

function withMore(name: Entity, origins: readonly EndpointOrigin[]): Entity {
  return { ...name, tags: withOrigins(name.tags, [...eachOriginOf(name.tags), ...origins]) };
}

function forOrigins({ id: _, ...name }: HeldEntity, origins: readonly EndpointOrigin[]): Entity {
  return withoutDefaults({ ...name, tags: withOrigins(name.tags, origins) });
}

/** More reasons than this are only counted. */
const mostReasons = 3;

/** A name leaves with the last of its endpoints. */
function leaving(name: HeldEntity, parts: readonly Removal[] = []): readonly Removal[] {
  const reasons = [...new Set(parts.map((one) => one.reason))].sort(compareText);
  const more = reasons.length > mostReasons ? ` and ${reasons.length - mostReasons} more` : '';
  const reason = `${reasons.slice(0, mostReasons).join(', ')}${more}`;
  return [{ entity: name, reason, isConfirmed: parts.every((one) => one.isConfirmed) }];
}
