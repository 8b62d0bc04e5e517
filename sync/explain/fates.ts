import { obstacleMessages } from '#core/messages/plans';
import { type Document, type HeldEntity, type Kind, nameOf } from '#deck/document';
import type { Planned } from '../pass/plan-once';
import type { Report } from '../pass/report';
import { certainOf } from '../pass/run-once';
import type { Action, AppliedChange, Change, Kept } from '../plan/changes';
import { leaveOut } from '../plan/dependants';
import { type ForeignEntity, foreignMessage } from '../plan/foreign-entities';
import type { AbsencePolicy } from '../plan/removals/absences';

/** Reasons why a planned change is not written. */
export type Obstacle = keyof typeof obstacleMessages;
export const obstacles = Object.keys(obstacleMessages) as [Obstacle, ...Obstacle[]];

/** Progress of a target, or of one endpoint of a name target, towards a removal by absence. */
export type AbsenceProgress = {
  readonly endpointId?: string;
  readonly count: number;
  readonly of: number;
  readonly seconds: number;
  readonly ofSeconds: number;
};

/** Effect of a pass on one entity, by its own plan. */
export type Fate = {
  readonly kind: Kind;
  readonly key: string;
  readonly domain: string;
  /** Id in the control plane. Absent: the entity neither exists nor is planned. */
  readonly id?: string;
  readonly isHeld: boolean;
  readonly does: Action | 'nothing';
  /** Reason of the change, or reason why the entity stays. */
  readonly reason?: string;
  /** The planned change, and why it is not written. */
  readonly blocked?: { readonly by: Obstacle; readonly would: Action; readonly reason: string };
  readonly absences?: readonly AbsenceProgress[];
  /** For a worker's last pass: outcome of the change. */
  readonly came?: Pick<AppliedChange, 'outcome' | 'error'>;
};

export type FateInput = {
  readonly planned: Pick<Planned, 'held' | 'plan' | 'report' | 'pinned'>;
  /** Entities of others that block the changes. */
  readonly foreign: readonly ForeignEntity[];
  readonly policy: AbsencePolicy;
  /** Result of the pass with this plan. Absent: the pass is still to come. */
  readonly done?: Report;
};

/**
 * Returns the fate of every entity that is held, desired or about to change, in the order of
 * documents, by the pass's own plan.
 */
export function fatesOf(input: FateInput): readonly Fate[] {
  const { held, plan, report } = input.planned;
  const changes = new Map([...plan.changes, ...(report.withheld?.changes ?? [])].map((one) => [nameOf(one), one]));
  const context = {
    changes,
    wanted: new Set(plan.desired.map(nameOf)),
    blocked: blockedOf(input),
    kept: new Map(plan.kept.map((one) => [one.key, one])),
    absences: progressOf(input),
    came: new Map((input.done?.applied ?? []).map((one) => [nameOf(one.change), one])),
  };
  const ids = new Map(held.map((one) => [nameOf(one), one]));
  const wanted: Document = [...plan.desired, ...plan.changes.flatMap(({ after }) => after ?? [])];
  const all = new Map([...held, ...wanted].map((one) => [nameOf(one), one] as const));
  return [...all].map(([name, { kind, key, domain }]) => fateOf({ kind, key, domain }, ids.get(name), context));
}

type Blocked = NonNullable<Fate['blocked']>;

type Context = {
  readonly wanted: ReadonlySet<string>;
  readonly changes: ReadonlyMap<string, Change>;
  readonly blocked: ReadonlyMap<string, Blocked>;
  readonly kept: ReadonlyMap<string, Kept>;
  readonly absences: ReadonlyMap<string, readonly AbsenceProgress[]>;
  readonly came: ReadonlyMap<string, AppliedChange>;
};

function fateOf(
  entity: Pick<Fate, 'kind' | 'key' | 'domain'>,
  held: HeldEntity | undefined,
  { changes, wanted, blocked, kept, absences, came }: Context,
): Fate {
  const name = nameOf(entity);
  const change = changes.get(name);
  // Services, routes and plugins may share a key. A desired entity is not merely kept.
  const isPlain = wanted.has(name) && entity.kind !== 'target' && entity.kind !== 'upstream';
  const stays = isPlain ? undefined : kept.get(entity.key)?.reason;
  const outcome = came.get(name);
  return {
    ...entity,
    id: held?.id ?? change?.id,
    isHeld: held !== undefined,
    does: change && !blocked.has(name) ? change.action : 'nothing',
    reason: change?.reason ?? stays,
    blocked: blocked.get(name),
    absences: entity.kind === 'target' ? absences.get(entity.key) : undefined,
    came: outcome && { outcome: outcome.outcome, error: outcome.error },
  };
}

/** Returns the changes of the plan that are not written, by name. */
function blockedOf({ planned, foreign, done }: FateInput): ReadonlyMap<string, Blocked> {
  const { plan, report } = planned;
  const { certain = [], reason = '' } = certainOf(planned);
  const written = new Set(certain);
  const by = report.refused ? 'refused' : 'blind';
  const messages = new Map(foreign.map((one) => [nameOf(one), foreignMessage(one)]));
  const { leftOut } = leaveOut(certain, (change) => messages.has(nameOf(change)));
  const withheld = report.withheld?.changes ?? [];
  const of = (by: Obstacle, change: Change, why: string) =>
    [nameOf(change), { by, would: change.action, reason: why }] as const;
  return new Map([
    ...waitingOf(certain, done),
    ...leftOut.map(({ change, reason: why }) =>
      of(why === undefined ? 'conflict' : 'depends', change, why ?? messages.get(nameOf(change)) ?? ''),
    ),
    ...plan.changes.filter((one) => !written.has(one)).map((one) => of(by, one, reason)),
    ...withheld.map((one) => of('brake', one, report.withheld?.reason ?? '')),
  ]);
}

/** Returns a worker's planned changes that wait for the end of the window. */
function waitingOf(certain: readonly Change[], done: Report | undefined): readonly (readonly [string, Blocked])[] {
  if (!done?.held) return [];
  const tried = new Set((done.applied ?? []).map((one) => nameOf(one.change)));
  const reason = `the worker collects changes until the end of the window, ${done.heldUntil ?? ''}`;
  return certain
    .filter((one) => !tried.has(nameOf(one)))
    .map((one) => [nameOf(one), { by: 'window', would: one.action, reason }] as const);
}

/** Returns the counts of absences after the pass, by key of the target. */
function progressOf({ planned, policy }: FateInput): ReadonlyMap<string, readonly AbsenceProgress[]> {
  const { removeAfterAbsences: of, removeAfterSeconds: ofSeconds } = policy;
  const progress = new Map<string, AbsenceProgress[]>();
  for (const [counted, { count, forMs }] of Object.entries(planned.plan.absences)) {
    const [key = '', endpointId] = counted.split(' ');
    const one = { endpointId, count: Math.min(count, of), of, seconds: Math.floor(forMs / 1_000), ofSeconds };
    progress.set(key, [...(progress.get(key) ?? []), one]);
  }
  return progress;
}
