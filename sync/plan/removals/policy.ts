import { compareText } from '#core/addresses/targets';
import { PrivatelinkError, type Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import { zoneOf } from '#deck/affinity';
import type { Document, HeldEntity, Kind } from '#deck/document';
import { nameInParent } from '#deck/keys';
import type { Change } from '../changes';
import { type Protection, protectedBy } from '../protect/protection';
import type { AbsencePolicy, Absences, Judged } from './absences';
import { isIdle } from './idle';

export type Policy = AbsencePolicy & {
  readonly mode: 'sync' | 'upsert-only';
  readonly maxRemovePercent: number;
  /** Number of addresses that may leave in this pass, whatever their share is. */
  readonly allowRemovals?: number;
};

export type RemovalInput = {
  readonly judged: readonly Judged[];
  readonly absences: Absences;
  readonly policy: Policy;
  /** Every scope has answered at least once since the process started (fm-07). */
  readonly allScopesAnswered: boolean;
  /** Number of wanted targets in each upstream, by upstream key. */
  readonly wantedTargets: ReadonlyMap<string, number>;
  /** Absent: nothing is protected. */
  readonly protection?: Protection;
};

export type Removals = { readonly remove: readonly Judged[]; readonly keep: readonly Judged[] };

/** Splits the unwanted targets into removals and targets that stay, with the reason. */
export function judgeRemovals(input: RemovalInput): Removals {
  const sorted = input.judged.map((one) => ({ ...one, stays: whyItStays(one, input) }));
  const filled = new Set([...input.wantedTargets].filter(([, count]) => count > 0).map(([upstream]) => upstream));
  for (const { target, stays } of sorted) if (stays && !isIdle(target)) filled.add(upstreamOf(target));
  const ripe = sorted.filter(({ target, verdict }) => verdict.is === 'absent' && !filled.has(upstreamOf(target)));
  const last = new Set(
    [...groupBy(ripe, (one) => upstreamOf(one.target)).values()].map((group) => lastOf(group, input)),
  );
  const judged = sorted.map(({ target, verdict, stays }) => {
    const reason = stays ?? (last.has(target) ? `${verdict.reason}; last target, absent` : undefined);
    return { target, verdict: reason ? { ...verdict, reason } : verdict, isKept: reason !== undefined };
  });
  return { remove: judged.filter((one) => !one.isKept), keep: judged.filter((one) => one.isKept) };
}

function upstreamOf(target: HeldEntity): string {
  return target.parent ?? '';
}

/**
 * Of absent targets, returns the one that was seen last; of several, the one with the lowest
 * address.
 */
function lastOf(absent: readonly Judged[], { absences }: RemovalInput): HeldEntity | undefined {
  const missedMs = ({ key }: HeldEntity) => absences[key]?.forMs ?? 0;
  const targets = absent.map((one) => one.target);
  return targets.sort((a, b) => missedMs(a) - missedMs(b) || compareAddress(a.key, b.key))[0];
}

/** Compares addresses as numbers: `10.0.0.9` before `10.0.0.10`. */
function compareAddress(a: string, b: string): number {
  const padded = (key: string) => nameInParent(key).replace(/\d+/g, (digits) => digits.padStart(5, '0'));
  return compareText(padded(a), padded(b));
}

/** The rule that keeps an unwanted target. Undefined: the target may leave. */
function whyItStays({ target, verdict }: Judged, input: RemovalInput): string | undefined {
  const { policy, absences } = input;
  if (verdict.is === 'gone') return undefined;
  if (verdict.is === 'uncertain') return verdict.reason;
  const entry = input.protection?.(target);
  if (entry !== undefined) return protectedBy(entry, verdict.reason);
  if (policy.mode === 'upsert-only') return `${verdict.reason}; policy upsert-only removes no absent target`;
  if (!input.allScopesAnswered) return `${verdict.reason}; not every scope has answered since the start`;
  const { count = 0, forMs = 0 } = absences[target.key] ?? {};
  const seconds = Math.floor(forMs / 1_000);
  const isRipe = count >= policy.removeAfterAbsences && seconds >= policy.removeAfterSeconds;
  const progress = `absence ${Math.min(count, policy.removeAfterAbsences)} of ${policy.removeAfterAbsences}, ${seconds} of ${policy.removeAfterSeconds} s`;
  return isRipe ? undefined : `${verdict.reason}; ${progress}`;
}

/** Kinds with a limit in the control plane. */
const limitedKinds: readonly Kind[] = ['target', 'upstream', 'service', 'route'];

/**
 * Why the plan is refused: it adds to a kind that would go over the limit of the control plane.
 * Undefined: it is not refused.
 */
export function overLimit(
  changes: readonly Change[],
  outcome: Document,
  mostOfKind = Number.POSITIVE_INFINITY,
): Problem | undefined {
  for (const kind of limitedKinds) {
    const { length: count } = outcome.filter((one) => one.kind === kind);
    const { length: forZones } = outcome.filter((one) => one.kind === kind && zoneOf(one));
    const isGrowing = changes.some((one) => one.kind === kind && one.action === 'create');
    if (count > mostOfKind && isGrowing) {
      const fix = 'give some domains a control plane of their own (sources[].allow.domains)';
      const named = forZones ? `${count} ${kind}s, ${forZones} of them for affinity` : `${count} ${kind}s`;
      const reason = `the plan leads to ${named}, but a control plane holds at most ${mostOfKind}`;
      return { reason, fix: `${fix}${forZones ? ', or set affinity to none' : ''}` };
    }
  }
  return undefined;
}

const countText = /^[1-9]\d{0,6}$/;

/**
 * Parses the number of addresses of `--allow-removals`. Undefined without the option. Throws
 * PrivatelinkError (CONFIG_INVALID).
 */
export function parseAllowRemovals(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (countText.test(text)) return Number(text);
  const fix = 'give the number that the refusal named';
  throw new PrivatelinkError(`--allow-removals: "${text}" is not a number of addresses`, {
    code: 'CONFIG_INVALID',
    fix,
  });
}
