import type { LastGood, Scope, ScopeState } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { disownedIn, type JudgedAccount, judgeAccount } from '#discovery/aws/caller';
import { type Fullness, judgeFullness, listedIn, neverRead } from '#discovery/hold-empty';
import type { Answer } from '#discovery/source';
import { planPass } from '#sync/pass/plan-pass';
import { doubtAccounts } from '#sync/plan/accounts';
import type { Change } from '#sync/plan/changes';
import type { Absences } from '#sync/plan/removals/absences';
import { missingEndpoints } from '#sync/plan/removals/missing';
import type { Policy } from '#sync/plan/removals/policy';
import { type Estate, type File, hub, hubAnswerOf, isUnknownId, type Pass, passMs } from './world';

/** Two absences, so that four passes see a target leave. */
export const policy: Omit<Policy, 'maxRemovePercent'> = {
  mode: 'sync',
  removeAfterAbsences: 2,
  removeAfterSeconds: 100,
};

/** Discovery's memory of one scope. */
type Memory = { readonly lastGood?: LastGood; readonly fullness: Fullness };

/**
 * Everything that one pass leaves for the next one: in the control plane, on disk, in the process,
 * and in the relay's file.
 */
export type State = {
  readonly nowMs: number;
  readonly held: ReadonlyMap<string, HeldEntity>;
  readonly absences: Absences;
  readonly memories: Readonly<Record<string, Memory>>;
  readonly file?: File;
};

export type Passed = {
  readonly state: State;
  /** The answer of each scope in this pass, after all doubts. */
  readonly scopes: readonly ScopeState[];
  readonly writes: readonly Change[];
};

export const nothingKnown: Memory = { fullness: neverRead };

export function emptyState(held: State['held'] = new Map()): State {
  return { nowMs: 1_000_000_000, held, absences: {}, memories: {} };
}

/** One pass through the product's functions, in the product's order. Every write succeeds. */
export function runPass(estate: Estate, before: State, pass: Pass): Passed {
  const nowMs = before.nowMs + passMs;
  const started = startProcess(before, pass.process);
  const file = typeof pass.other === 'string' ? before.file : { content: pass.other, atMs: nowMs - 1 };
  const answers: readonly (readonly [Scope, Answer | undefined])[] = [
    ...estate.fixed,
    [hub, hubAnswerOf(pass.hub)],
    [estate.other, pass.other === 'unknown' || !file ? undefined : estate.otherAnswerOf(file)],
  ];
  const read = answers.map(([scope, answer]) =>
    readScope(scope, answer, { memory: started.memories[scope.id], nowMs }),
  );
  const held = [...before.held.values()];
  const snapshot = doubtAccounts({ takenAtMs: nowMs, scopes: read.map((one) => one.state) }, held, {});
  const disowned = new Set(disownedIn(snapshot).map(({ id }) => id));
  const missing = missingEndpoints(snapshot, held);
  const goneIds = [
    ...(missing.get(hub.id) ?? []).filter((id) => isUnknownId(pass.hub, id)),
    ...(missing.get(estate.other.id) ?? []).filter((id) => estate.asksOther && isUnknownId(pass.other, id)),
  ];
  const { maxRemovePercent } = estate;
  const { plan } = planPass(
    { ...snapshot, goneIds },
    {
      owner: 'test',
      settings: {},
      via: { via: pass.via ?? 'addresses', suffix: 'privatelink.internal' },
      policy: { ...policy, maxRemovePercent },
      held,
      published: [],
      absences: started.absences,
      elapsedMs: passMs,
    },
  );
  const memories = Object.fromEntries(
    read.map(({ state: { scope }, memory }) => [
      scope.id,
      disowned.has(scope.id) ? { ...memory, lastGood: undefined } : memory,
    ]),
  );
  const state = { nowMs, held: applied(before.held, plan.changes), absences: plan.absences, memories, file };
  return { state, scopes: snapshot.scopes, writes: plan.changes };
}

/**
 * A new process knows what is on its disk, and that it did not read it itself. In an empty folder
 * it knows nothing.
 */
function startProcess({ absences, memories }: State, process: Pass['process']): Pick<State, 'absences' | 'memories'> {
  if (process === 'same') return { absences, memories };
  if (process === 'fresh') return { absences: {}, memories: {} };
  const restored = Object.entries(memories).map(([id, { lastGood }]) => [
    id,
    { fullness: neverRead, lastGood: lastGood && { ...lastGood, isRestored: true } },
  ]);
  return { absences, memories: Object.fromEntries(restored) };
}

type Reading = { readonly memory: Memory | undefined; readonly nowMs: number };

/** Discovery's result for an answer, as `createDiscoverer` and `holdEmpty` make it. */
function readScope(
  scope: Scope,
  answer: Answer | undefined,
  { memory = nothingKnown, nowMs }: Reading,
): { readonly state: ScopeState; readonly memory: Memory } {
  const { lastGood } = memory;
  const unknown = (code: string, fullness: Fullness) => ({
    state: { status: 'unknown', scope, code, reason: code, lastGood } as const,
    memory: { lastGood, fullness },
  });
  if (!answer) return unknown('UNREACHABLE', memory.fullness);
  const { after, isDoubted } = judgeFullness(memory.fullness, listedIn(answer));
  if (isDoubted) return unknown('UNCONFIRMED', after);
  const { observedAtMs = nowMs, accountId, ...discovered } = answer;
  const good = { observedAtMs, accountId, discovered };
  let judged: JudgedAccount;
  try {
    judged = judgeAccount({ scope }, good, () => lastGood);
  } catch {
    return unknown('OTHER_ACCOUNT', after);
  }
  const { isAccountKept, ...kept } = judged;
  return {
    state: { status: 'known', scope, ...good, isAccountKept },
    memory: { lastGood: { ...good, ...kept }, fullness: after },
  };
}

function applied(held: State['held'], changes: readonly Change[]): State['held'] {
  const next = new Map(held);
  for (const { action, kind, key, id, after } of changes) {
    if (action === 'delete') next.delete(`${kind}:${key}`);
    else if (after) next.set(`${kind}:${key}`, { ...after, id });
  }
  return next;
}
