import { compareText } from '#core/addresses/targets';
import type { DomainSettings } from '#core/model';
import { type Affinity, zoneOf } from '#deck/affinity';
import { isCallers } from '#deck/callers/entity';
import type { Document, HeldEntity } from '#deck/document';
import { pluginKey } from '#deck/keys';
import type { Kept } from '../changes';
import { isTakenBack, type Pin } from '../pin';
import { type Protection, protectedBy, unprotected } from '../protect/protection';
import type { ZonesKept } from '../protect/zones';
import { type Absences, countAbsences } from './absences';
import { isIdle } from './idle';
import { judgeRemovals, type Policy } from './policy';
import type { Evidence } from './verdicts';

/** The input that decides which unwanted entities leave. */
export type RemovalContext = {
  readonly desired: Document;
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** Absent: the plan is not about zones, and nothing in zones leaves. */
  readonly affinity?: Affinity;
  readonly evidence: Evidence;
  readonly policy: Policy;
  readonly absences: Absences;
  readonly allScopesAnswered: boolean;
  /** Milliseconds since the last count of absences. */
  readonly elapsedMs: number;
  /** Absent: the control plane is not pinned. */
  readonly pin?: Pin;
  /** Absent: nothing is protected. */
  readonly protection?: Protection;
  /** Whether the configuration makes entities of the plugin that checks callers. */
  readonly hasCallers?: boolean;
  /** Domains whose zones stay although `affinity` is none. Absent: none. */
  readonly zonesKept?: ZonesKept;
};

/** An entity that leaves the control plane, the reason, and whether AWS itself confirms it. */
export type Removal = { readonly entity: HeldEntity; readonly reason: string; readonly isConfirmed?: boolean };

export type TargetRemovals = {
  readonly remove: readonly Removal[];
  readonly kept: readonly Kept[];
  readonly absences: Absences;
};

/**
 * Splits the unwanted targets, by evidence and policy, into removals and targets that stay, with
 * the reason.
 */
export function removeTargets(unwanted: readonly HeldEntity[], input: RemovalContext): TargetRemovals {
  const judged = unwanted
    .filter((entity) => entity.kind === 'target')
    .map((target) => ({ target, verdict: input.evidence(target) }));
  const absences = countAbsences(input.absences, judged, input);
  const { remove, keep } = judgeRemovals({ ...input, judged, absences, wantedTargets: countTargets(input.desired) });
  const { protection = unprotected } = input;
  const kept = keep.map(({ target, verdict }) => ({
    key: target.key,
    domain: target.domain,
    reason: verdict.reason,
    ...(verdict.is === 'absent' && keptBy(protection(target))),
  }));
  return {
    remove: remove.map(({ target, verdict }) => ({
      entity: target,
      reason: verdict.reason,
      isConfirmed: verdict.is === 'gone',
    })),
    kept: kept.sort((a, b) => compareText(a.key, b.key)),
    absences,
  };
}

function keptBy(entry: string | undefined): Pick<Kept, 'entry'> {
  return entry === undefined ? {} : { entry };
}

function countTargets(document: Document): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const entity of document) {
    const { kind, parent = '' } = entity;
    if (kind === 'target' && !isIdle(entity)) counts.set(parent, (counts.get(parent) ?? 0) + 1);
  }
  return counts;
}

export type SwitchedOff = {
  readonly has: (entity: HeldEntity) => boolean;
  readonly remove: readonly Removal[];
  readonly kept: readonly Kept[];
};

/**
 * Finds routes, plugins and upstreams of zones that the configuration explicitly switches off.
 * `upsert-only` keeps them. A whole domain leaves only by `retire`.
 */
export function switchOff(unwanted: readonly HeldEntity[], input: RemovalContext): SwitchedOff {
  const { desired, policy, pin, protection = unprotected } = input;
  const routed = new Set(desired.filter((one) => one.kind === 'service').map((one) => one.domain));
  const reasons = new Map<HeldEntity, string>();
  for (const entity of unwanted) {
    // The domain's own upstream holds all targets of its zones, even while discovery of the domain
    // fails. And a journal knows what it wrote.
    const isCertain =
      pin !== undefined || routed.has(entity.domain) || zoneOf(entity) !== undefined || isCallers(entity);
    const reason = isCertain ? whySwitchedOff(entity, input) : undefined;
    if (reason) reasons.set(entity, reason);
  }
  const guarded = keepProtected(reasons, protection);
  const has = (entity: HeldEntity) => reasons.has(entity);
  if (policy.mode === 'sync') {
    return { has, remove: [...reasons].map(([entity, reason]) => ({ entity, reason })), kept: guarded };
  }
  const kept = [...reasons].map(([{ kind, key, domain }, reason]) => ({
    key,
    domain,
    reason: `${reason}; policy upsert-only removes no ${kind}`,
  }));
  return { has, remove: [], kept: [...guarded, ...kept] };
}

/**
 * Moves protected entities from `reasons` to the result. Targets are reported elsewhere, since
 * evidence judges them.
 */
function keepProtected(reasons: Map<HeldEntity, string>, protection: Protection): readonly Kept[] {
  return [...reasons].flatMap(([entity, reason]) => {
    const entry = protection(entity);
    if (entry === undefined) return [];
    reasons.delete(entity);
    const { kind, key, domain } = entity;
    return kind === 'target' ? [] : [{ key, domain, reason: protectedBy(entry, reason), entry }];
  });
}

function whySwitchedOff(entity: HeldEntity, context: RemovalContext): string | undefined {
  const { settings, affinity, pin, zonesKept, hasCallers } = context;
  if (zoneOf(entity))
    return affinity === 'none' && !zonesKept?.has(entity.domain)
      ? `affinity${pin ? ` of revision ${pin.revision.id}` : ''} is none`
      : undefined;
  if (pin) return isTakenBack(entity, pin) ? `revision ${pin.revision.id} does not have it` : undefined;
  if (isCallers(entity)) return hasCallers ? undefined : 'contracts names no endpoint service of the gateway';
  const { kind, key, domain, fields } = entity;
  const { route, plugins, adopted } = settings[domain] ?? {};
  if (kind === 'route' && route === false) return `domains.${domain}.route is false`;
  const isWhole = kind === 'plugin' && key === pluginKey(adopted?.service ?? domain, String(fields.name));
  if (!isWhole || !plugins) return undefined;
  const isListed = plugins.some(({ name }) => name === fields.name);
  return isListed
    ? 'no zone has an upstream that the plugin could choose'
    : `domains.${domain}.plugins no longer lists it`;
}
