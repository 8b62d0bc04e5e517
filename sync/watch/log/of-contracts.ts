import { type AppliedAction, actionSubject, type ContractAction } from '../../contracts/actions';
import { type ContractsReport, unknownParts } from '../../contracts/report';
import type { Condition } from './conditions';

/** Returns the conditions of contracts in a pass. */
export function ofContracts(report: ContractsReport): readonly Condition[] {
  const { applied = [], withheld = [], findings } = report;
  return [
    ...unknownParts(report).map(({ service, name, code, reason, ageMs }): Condition => {
      const lastGoodSeconds = ageMs && Math.round(ageMs / 1_000);
      const who = { service, part: name };
      return { kind: 'service', id: `${service} ${name}`, who, variant: code, why: { code, lastGoodSeconds, reason } };
    }),
    ...applied.filter(({ outcome }) => outcome === 'failed').map(failedAction),
    ...withheld.map(({ reason, actions }, index): Condition => {
      const why = { removals: actions.length, reason };
      return { kind: 'brake', id: `contracts ${actions[0]?.action ?? index}`, who: {}, variant: reason, why };
    }),
    ...findings.map(({ code, serviceId, endpointId, principal, consumer, reason, fix }): Condition => {
      const who = { service: serviceId, endpoint: endpointId, principal, consumer };
      const id = JSON.stringify([serviceId, code, endpointId, principal, consumer]);
      return { kind: 'finding', id, who, variant: code, why: { code, reason, fix } };
    }),
  ];
}

function failedAction({ action, code, error }: AppliedAction): Condition {
  const { serviceId, endpointId, principal } = action;
  const who = { action: action.action, service: serviceId, endpoint: endpointId, principal };
  return { kind: 'action', id: idOf(action), who, variant: code, why: { code, reason: error } };
}

function idOf(action: ContractAction): string {
  return `${action.serviceId} ${action.action} ${actionSubject(action)}`;
}

/** A planned action that was not tried, or was skipped, may still fail. */
export function isUndecidedAction(id: string, { actions, applied = [] }: ContractsReport): boolean {
  const tried = applied.filter(({ outcome }) => outcome !== 'skipped').map(({ action }) => idOf(action));
  return !tried.includes(id) && actions.some((one) => idOf(one) === id);
}

/** Nothing can be found about an unknown service. */
export function isUndecidedFinding(id: string, report: ContractsReport): boolean {
  const [service]: readonly unknown[] = JSON.parse(id);
  return unknownParts(report).some((one) => one.service === service);
}
