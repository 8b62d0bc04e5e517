import type { ContractsConfig } from '#config/contracts';
import type { AwsPart, ContractsView, EndpointConnection, ServiceState } from '#core/contracts/model';
import { lastKnown } from '#core/contracts/model';
import { findingsOf } from '#discovery/contracts/findings';
import type { ContractFinding } from '#discovery/contracts/found/finding';
import type { EndpointZones } from '#discovery/contracts/found/zones';
import { type ContractPart, contractParts } from '#discovery/contracts/parts';
import type { AppliedAction, ContractAction, WithheldActions } from './actions';
import { standingBy } from './standing';

/** Whether one answer of AWS is known, and its age. */
export type PartReport = {
  readonly status: 'known' | 'unknown';
  /** Age of the used answer: 0 when read in this pass; absent when never read. */
  readonly ageMs?: number;
  readonly code?: string;
  readonly reason?: string;
};

export type ServiceReport = Pick<ServiceState, 'scopeId' | 'account' | 'region' | 'domains'> & {
  readonly id: string;
  /** `health` absent: the product did not ask for health. */
  readonly parts: Readonly<Partial<Record<ContractPart, PartReport>>>;
};

/** A connection as last known, with its standing in the contract. */
export type ConnectionReport = Omit<EndpointConnection, 'createdAtMs'> & {
  /** Absent: no consumer has the endpoint. */
  readonly consumer?: string;
  /** Domains; empty: the contract does not cover the connection. */
  readonly mayCall: readonly string[];
  /**
   * The configured mode for requests outside `mayCall`; a pin or a rollout may delay it. Absent: a
   * provider's own service, where Kong checks nothing.
   */
  readonly mode?: ContractsConfig['mode'];
  /** Time when the endpoint was created; unix epoch, milliseconds. */
  readonly sinceMs?: number;
};

/** The state of the services of `contracts`, as this pass read it. */
export type ContractsSeen = {
  readonly services: readonly ServiceReport[];
  readonly connections: readonly ConnectionReport[];
  readonly findings: readonly ContractFinding[];
};

/** The state, the plan and the result of one pass about contracts. */
export type ContractsReport = ContractsSeen & {
  readonly actions: readonly ContractAction[];
  /** Actions that the brake withheld; absent: none. */
  readonly withheld?: readonly WithheldActions[];
  /** Absent: the pass had nothing to do. */
  readonly applied?: readonly AppliedAction[];
  /** `sync --plan`: actions that nobody approved. */
  readonly leftOut?: readonly AppliedAction[];
  /** `sync --plan`: approved actions that are not needed any more, or outdated. */
  readonly unnecessary?: readonly ContractAction[];
};

/** Reports the view. `zones`: zones of discovered endpoints; absent: no zones are known. */
export function reportContracts(view: ContractsView, contracts: ContractsConfig, zones?: EndpointZones): ContractsSeen {
  const standingOf = standingBy(contracts.consumers);
  return {
    services: view.services.map((one) => reportService(one, view.takenAtMs)),
    connections: view.services.flatMap((service) =>
      (lastKnown(service.connections) ?? []).map(({ createdAtMs, ...connection }) => {
        const { consumer, mayCall } = standingOf(service, connection);
        const mode = contracts.consumers[consumer ?? '']?.mode ?? contracts.mode;
        return { ...connection, sinceMs: createdAtMs, consumer, mayCall, ...(!service.domains && { mode }) };
      }),
    ),
    findings: findingsOf(view, contracts, zones),
  };
}

function reportService(service: ServiceState, nowMs: number): ServiceReport {
  const { serviceId: id, scopeId, account, region, domains } = service;
  const parts = contractParts.flatMap((name) => {
    const part = service[name];
    return part ? [[name, reportPart(part, nowMs)] as const] : [];
  });
  return { id, scopeId, account, region, domains, parts: Object.fromEntries(parts) };
}

function reportPart(part: AwsPart<unknown>, nowMs: number): PartReport {
  if (part.status === 'known') return { status: 'known', ageMs: 0 };
  const { status, code, reason, lastGood } = part;
  return { status, ageMs: lastGood && nowMs - lastGood.observedAtMs, code, reason };
}

/** An unknown part and its service. */
export type UnknownPart = PartReport & { readonly service: string; readonly name: ContractPart };

/**
 * Returns the unknown parts. Health serves findings only, so a role without permission is no gap.
 */
export function unknownParts({ services }: Pick<ContractsSeen, 'services'>): readonly UnknownPart[] {
  return services.flatMap(({ id, parts }) =>
    contractParts.flatMap((name) => {
      const part = parts[name];
      const isMissed = part?.status === 'unknown' && !(name === 'health' && part.code === 'ACCESS_DENIED');
      return isMissed ? [{ ...part, service: id, name }] : [];
    }),
  );
}

/** Whether a planned action was not done. */
export function isActedPartly({ applied = [] }: Pick<ContractsReport, 'applied'>): boolean {
  return applied.some(({ outcome }) => outcome !== 'applied');
}
