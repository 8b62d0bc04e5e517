import { PrivatelinkError } from '../core/errors';
import type { Verdict } from '../core/evidence';
import type { Document, Kind } from '../deck/document';
import { nameInParent } from '../deck/names';
import { zoneOf } from '../deck/zones';
import type { Change } from './changes';
import type { HeldEntity } from './control-plane';

/** When a held target was first found absent, and in how many passes since; by target key. */
export type Absences = Readonly<Record<string, { readonly count: number; readonly sinceMs: number }>>;

export type Policy = {
  readonly mode: 'sync' | 'upsert-only';
  readonly maxRemovePercent: number;
  readonly removeAfterAbsences: number;
  readonly removeAfterSeconds: number;
  /** This many addresses may leave in this pass, whatever their share is. */
  readonly allowRemovals?: number;
};

export type Judged = { readonly target: HeldEntity; readonly verdict: Verdict };

/** Counts this pass: one more for the absent, unchanged for the uncertain, forgotten for all others. */
export function countAbsences(previous: Absences, judged: readonly Judged[], nowMs: number): Absences {
  const entries = judged.flatMap(({ target, verdict }) => {
    const before = previous[target.key];
    if (verdict.is === 'absent')
      return [[target.key, { count: (before?.count ?? 0) + 1, sinceMs: before?.sinceMs ?? nowMs }] as const];
    return verdict.is === 'uncertain' && before ? [[target.key, before] as const] : [];
  });
  return Object.fromEntries(entries);
}

export type RemovalInput = {
  readonly judged: readonly Judged[];
  readonly absences: Absences;
  readonly policy: Policy;
  readonly nowMs: number;
  /** Every scope has answered at least once since the process started (fm-07). */
  readonly allScopesAnswered: boolean;
  /** Number of targets that each upstream keeps because they are wanted, by upstream key. */
  readonly wantedTargets: ReadonlyMap<string, number>;
};

export type Removals = { readonly remove: readonly Judged[]; readonly keep: readonly Judged[] };

/** Splits the unwanted targets into those that may leave now and those that stay, with the reason. */
export function judgeRemovals(input: RemovalInput): Removals {
  const sorted = input.judged.map((one) => ({ ...one, stays: whyItStays(one, input) }));
  const remaining = new Map(input.wantedTargets);
  for (const { target, stays } of sorted) {
    if (stays) remaining.set(upstreamOf(target), (remaining.get(upstreamOf(target)) ?? 0) + 1);
  }
  const keep: Judged[] = [];
  const remove: Judged[] = [];
  for (const { target, verdict, stays } of sorted) {
    const isLast = verdict.is === 'absent' && !remaining.get(upstreamOf(target));
    const reason = stays ?? (isLast ? `${verdict.reason}; kept as the last known target of the domain` : undefined);
    if (reason) keep.push({ target, verdict: { ...verdict, reason } });
    else remove.push({ target, verdict });
  }
  return { remove, keep };
}

function upstreamOf(target: HeldEntity): string {
  return target.parent ?? '';
}

/** The rule that keeps a target although it is unwanted; undefined when it may leave. */
function whyItStays({ target, verdict }: Judged, input: RemovalInput): string | undefined {
  const { policy, absences, nowMs } = input;
  if (verdict.is === 'gone') return undefined;
  if (verdict.is === 'uncertain') return verdict.reason;
  if (policy.mode === 'upsert-only') return `${verdict.reason}; policy upsert-only removes no absent target`;
  if (!input.allScopesAnswered) return `${verdict.reason}; not every scope has answered since the start`;
  const { count = 0, sinceMs = nowMs } = absences[target.key] ?? {};
  const seconds = Math.floor((nowMs - sinceMs) / 1_000);
  const isRipe = count >= policy.removeAfterAbsences && seconds >= policy.removeAfterSeconds;
  const progress = `absence ${Math.min(count, policy.removeAfterAbsences)} of ${policy.removeAfterAbsences}, ${seconds} of ${policy.removeAfterSeconds} s`;
  return isRipe ? undefined : `${verdict.reason}; ${progress}`;
}

/** Below this many addresses a percentage says nothing, and the brake does not act. */
const brakeFromAddresses = 10;

/** Why the plan is refused: it removes too large a share of the addresses held. Undefined: it may go on. */
export function brake(changes: readonly Change[], held: readonly HeldEntity[], policy: Policy): string | undefined {
  const targets = held.filter((one) => one.kind === 'target');
  const addresses = new Set(targets.map((one) => nameInParent(one.key)));
  const removed = removedAddresses(changes, targets);
  const percent = (removed.size / addresses.size) * 100;
  const { maxRemovePercent, allowRemovals = 0 } = policy;
  if (addresses.size < brakeFromAddresses || percent <= maxRemovePercent) return undefined;
  if (removed.size <= allowRemovals) return undefined;
  return (
    `the plan removes ${removed.size} of ${addresses.size} addresses (${Math.round(percent)} %), more than ` +
    `policy.maxRemovePercent ${maxRemovePercent} %: check what discovery reports; when it is right, ` +
    `--allow-removals ${removed.size} lets them go this once`
  );
}

/** Addresses that a domain loses: one that leaves a zone's upstream and stays in its domain's is not lost. */
function removedAddresses(changes: readonly Change[], targets: readonly HeldEntity[]): ReadonlySet<string> {
  const deletes = changes.filter((one) => one.kind === 'target' && one.action === 'delete');
  const deleted = new Set(deletes.map((one) => one.key));
  const placeOf = ({ domain, key }: Pick<HeldEntity, 'domain' | 'key'>) => `${domain} ${nameInParent(key)}`;
  const left = new Set(targets.filter((one) => !deleted.has(one.key)).map(placeOf));
  return new Set(deletes.filter((one) => !left.has(placeOf(one))).map((one) => nameInParent(one.key)));
}

/** Konnect holds this many entities of each of these kinds in one control plane (its documented limits). */
const mostOfKind = 10_000;
const limitedKinds: readonly Kind[] = ['target', 'upstream', 'service', 'route'];

/** Why the plan is refused: it adds to a kind of which the control plane would then hold too many. Undefined: it may go on. */
export function overLimit(changes: readonly Change[], outcome: Document): string | undefined {
  for (const kind of limitedKinds) {
    const { length: count } = outcome.filter((one) => one.kind === kind);
    const { length: forZones } = outcome.filter((one) => one.kind === kind && zoneOf(one));
    const isGrowing = changes.some((one) => one.kind === kind && one.action === 'create');
    if (count > mostOfKind && isGrowing) {
      const fix = 'give some domains a control plane of their own (sources[].allow.domains)';
      const named = forZones ? `${count} ${kind}s, ${forZones} of them for affinity` : `${count} ${kind}s`;
      return `the plan leads to ${named}, and a control plane holds ${mostOfKind}: ${fix}${forZones ? ', or set affinity to none' : ''}`;
    }
  }
  return undefined;
}

const countText = /^[1-9]\d{0,6}$/;

/** The number of addresses that `--allow-removals` names; undefined without it. Throws PrivatelinkError (CONFIG_INVALID). */
export function parseAllowRemovals(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (countText.test(text)) return Number(text);
  const message = `--allow-removals: "${text}" is no number of addresses; give the one that the refusal named`;
  throw new PrivatelinkError(message, { code: 'CONFIG_INVALID', transient: false });
}
