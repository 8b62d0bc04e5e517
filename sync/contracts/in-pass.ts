import type { Snapshot } from '#core/model';
import { endpointZonesIn } from '#discovery/contracts/findings';
import type { ContractsRead } from '#discovery/contracts/reader';
import type { Policy } from '../plan/removals/policy';
import type { ContractAction } from './actions';
import { type ActOptions, applyActions } from './apply';
import { approveActions } from './approval';
import type { Contracts } from './open';
import { planContracts } from './plan';
import { type ContractsReport, reportContracts } from './report';

/** What a pass plans about contracts; undefined where nobody acts on them. */
export function planActions(
  contracts: Contracts | undefined,
  { view, snapshot }: { readonly view: ContractsRead | undefined; readonly snapshot: Snapshot },
  policy: Pick<Policy, 'mode' | 'maxRemovePercent' | 'allowRemovals'>,
): ContractsReport | undefined {
  if (!contracts?.writer || !view) return undefined;
  const { actions, withheld } = planContracts(view, contracts.config, policy);
  const seen = reportContracts(view, contracts.config, endpointZonesIn(snapshot));
  return { ...seen, actions, withheld: withheld.length > 0 ? withheld : undefined };
}

/** The plan without what nobody approved; a plan file without actions approves none. */
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

/** Does what was planned. */
export async function actOn(
  report: ContractsReport | undefined,
  contracts: Contracts | undefined,
  options: Omit<ActOptions, 'writer'>,
): Promise<ContractsReport | undefined> {
  const writer = contracts?.writer;
  if (!report || !writer || report.actions.length === 0) return report;
  return { ...report, applied: await applyActions(report.actions, { ...options, writer }) };
}
