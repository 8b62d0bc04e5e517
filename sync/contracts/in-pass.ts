import type { Snapshot } from '#core/model';
import { callersPluginName } from '#core/names';
import { lastGoodOf } from '#core/snapshot';
import { isCallers } from '#deck/callers/entity';
import type { Document } from '#deck/document';
import { originsOf } from '#deck/tags';
import { endpointZonesIn } from '#discovery/contracts/findings';
import type { ContractsRead } from '#discovery/contracts/reader';
import type { AppliedChange } from '../plan/changes';
import type { Policy } from '../plan/removals/policy';
import type { ContractAction } from './actions';
import { type ActOptions, applyActions } from './apply';
import { approveActions } from './approval';
import type { Contracts } from './open';
import { planContracts } from './plan';
import { type ContractsReport, reportContracts } from './report';

type Seen = {
  readonly view: ContractsRead | undefined;
  readonly snapshot: Snapshot;
  /** The held entities of the control plane. */
  readonly held: Document;
};

/** Plans a pass's actions of contracts; undefined where the product does not act on contracts. */
export function planActions(
  contracts: Contracts | undefined,
  { view, snapshot, held }: Seen,
  policy: Pick<Policy, 'mode' | 'maxRemovePercent' | 'allowRemovals'>,
): ContractsReport | undefined {
  if (!contracts?.writer || !view) return undefined;
  const { actions, withheld } = planContracts(view, contracts.config, policy, inUse(snapshot, held));
  const seen = reportContracts(view, contracts.config, endpointZonesIn(snapshot));
  return { ...seen, actions, withheld: withheld.length > 0 ? withheld : undefined };
}

/** Returns the ids of discovered endpoints, as last known, and of the endpoints of held targets. */
function inUse({ scopes }: Snapshot, held: Document): ReadonlySet<string> {
  const discovered = scopes.flatMap((state) => lastGoodOf(state)?.discovered.endpoints ?? []);
  const targets = held.filter(({ kind }) => kind === 'target');
  return new Set([...discovered.map(({ id }) => id), ...targets.flatMap(({ tags }) => originsOf(tags).endpointIds)]);
}

/** Returns the report with approved actions only. A plan file without actions approves none. */
export function onlyApprovedActions(
  report: ContractsReport | undefined,
  approved: readonly ContractAction[] = [],
): ContractsReport | undefined {
  if (!report) return undefined;
  const { unnecessary, ...rest } = approveActions(report.actions, approved);
  const withheld = new Set(report.withheld?.flatMap(({ actions }) => actions.map(keyOf)));
  return { ...report, ...rest, unnecessary: unnecessary.filter((one) => !withheld.has(keyOf(one))) };
}

function keyOf({ action, serviceId, endpointId, principal }: ContractAction): string {
  return JSON.stringify([action, serviceId, endpointId, principal]);
}

type Acting = Omit<ActOptions, 'writer'> & {
  /** The changes that this pass tried to write to the control plane. */
  readonly applied: readonly AppliedChange[] | undefined;
};

/**
 * Runs the planned actions. Accepts wait while the plugin that judges callers could not be written.
 */
export async function actOn(
  report: ContractsReport | undefined,
  contracts: Contracts | undefined,
  { applied: written = [], ...options }: Acting,
): Promise<ContractsReport | undefined> {
  const writer = contracts?.writer;
  if (!report || !writer || report.actions.length === 0) return report;
  const isUnguarded = written.some(
    ({ change, outcome }) => outcome !== 'applied' && change.after && isCallers(change.after),
  );
  const isWaiting = ({ action }: ContractAction) => isUnguarded && action === 'accept';
  const due = report.actions.filter((one) => !isWaiting(one));
  const applied = await applyActions(due, { ...options, writer });
  const error = `not accepted yet, because the plugin ${callersPluginName} could not be written`;
  return {
    ...report,
    applied: [
      ...applied,
      ...report.actions
        .filter(isWaiting)
        .map((action) => ({ action, outcome: 'skipped' as const, error, isTransient: true })),
    ],
  };
}
