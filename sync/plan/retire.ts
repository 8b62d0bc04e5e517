import { compareText } from '#core/addresses/targets';
import { judgeEndpoints } from '#core/claims/verdicts';
import { dispositionOf } from '#core/endpoint-states';
import type { Problem } from '#core/errors';
import type { Snapshot } from '#core/model';
import { knownEndpoints, unknownScopes } from '#core/snapshot';
import { writeOrder } from '#deck/desired';
import type { HeldEntity } from '#deck/document';
import { type Document, nameOf, parentNameOf } from '#deck/document';
import { originsOf } from '#deck/tags';
import type { Change } from './changes';

/** Returns the deletes that take a domain out of the control plane, in a safe order. */
export function planRetirement(domain: string, held: readonly HeldEntity[]): readonly Change[] {
  const ids = new Map(held.map((one) => [nameOf(one), one.id]));
  return held
    .filter((entity) => entity.domain === domain)
    .sort((a, b) => writeOrder.indexOf(b.kind) - writeOrder.indexOf(a.kind) || compareText(a.key, b.key))
    .map((entity) => ({
      action: 'delete',
      kind: entity.kind,
      key: entity.key,
      id: entity.id,
      parentId: ids.get(parentNameOf(entity) ?? ''),
      domain,
      reason: `domain ${domain} is retired`,
      isConfirmed: true,
      before: entity,
    }));
}

/** The message when the control plane holds nothing of a domain, most likely for a typing error. */
export function unknownDomain(domain: string, held: readonly HeldEntity[]): string {
  const domains = [...new Set(held.map((one) => one.domain))].sort(compareText);
  return `the control plane holds nothing of domain ${domain}; it holds: ${domains.join(', ') || 'no domain'}`;
}

/** What discovery knows about a domain that shall leave. */
type Claimed = {
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
  readonly desired: Document;
  /** Whether the configuration lets this source claim the domain. */
  readonly mayClaim: (source: string) => boolean;
};

/**
 * Why the domain cannot be retired: it serves requests, or nobody knows whether it does. Undefined:
 * it can be retired.
 */
export function whyClaimed(domain: string, claimed: Claimed): Problem | undefined {
  return whyUnknown(domain, claimed) ?? whyServed(domain, claimed);
}

/** A scope that cannot be read may hold an endpoint of the domain (fm-36). */
function whyUnknown(domain: string, { snapshot, held, mayClaim }: Claimed): Problem | undefined {
  const targets = held.filter((one) => one.domain === domain && one.kind === 'target');
  const holding = new Set(targets.flatMap((one) => originsOf(one.tags).scopeIds));
  const [first, ...others] = unknownScopes(snapshot).filter(
    ({ scope }) => holding.has(scope.id) || mayClaim(scope.source),
  );
  if (!first) return undefined;
  const { scope, reason } = first;
  const why = holding.has(scope.id)
    ? `targets of the domain are from scope ${scope.id}`
    : `scope ${scope.id} may claim it`;
  const rest = others.length > 0 ? ` (and ${others.length} more such scopes)` : '';
  return {
    reason: `${why}, which is unknown (${reason})${rest}`,
    fix: `correct that first; if the scope is gone for good, add --despite-unknown ${scope.id}`,
  };
}

function whyServed(domain: string, { snapshot, held, desired }: Claimed): Problem | undefined {
  const targets = desired.filter((one) => one.domain === domain && one.kind === 'target');
  const serving = targets.flatMap((one) => originsOf(one.tags).endpointIds);
  const [endpoints, how] = targets.length > 0 ? [serving, 'can be used'] : inDoubt(domain, snapshot, held);
  if (endpoints.length === 0) return undefined;
  const distinct = [...new Set(endpoints)];
  const rest = distinct.length > 5 ? ` and ${distinct.length - 5} more` : '';
  return {
    reason: `${distinct.slice(0, 5).join(', ')}${rest} ${how} and claims domain ${domain}`,
    fix: 'remove its domain tag, or delete the endpoint, then retire the domain',
  };
}

/** Endpoints in service: endpoints under modification, and used ones whose tags cannot be read. */
function inDoubt(
  domain: string,
  snapshot: Snapshot,
  held: readonly HeldEntity[],
): readonly [readonly string[], string] {
  const pending = knownEndpoints(snapshot).filter(
    (one) => one.domain === domain && dispositionOf(one.state) === 'hold',
  );
  if (pending.length > 0) return [pending.map((one) => one.id), `is ${pending[0]?.state}`];
  const judge = judgeEndpoints(snapshot, []);
  const inUse = held.filter((one) => one.domain === domain && one.kind === 'target');
  const ids = inUse.flatMap((one) => originsOf(one.tags).endpointIds);
  return [ids.filter((id) => judge(id).isSeen === true), 'is in use, though quarantined,'];
}

/** Names of entities that would leave now but were not shown to the person who agreed. */
export function unseenOf(shown: readonly Change[], now: readonly Change[]): readonly string[] {
  const seen = new Set(shown.map((one) => `${nameOf(one)} ${one.id}`));
  return now.filter((one) => !seen.has(`${nameOf(one)} ${one.id}`)).map(({ kind, key }) => `${kind} ${key}`);
}
