import type { ContractsConfig } from '#config/contracts';
import type { AwsPart, ContractsView, EndpointConnection, ServiceState } from '#core/contracts/model';
import { lastKnown } from '#core/contracts/model';
import { findingsOf } from '#discovery/contracts/findings';
import type { ContractFinding } from '#discovery/contracts/found/finding';
import type { EndpointZones } from '#discovery/contracts/found/zones';
import { type ContractPart, contractParts } from '#discovery/contracts/parts';
import type { AppliedAction, ContractAction, WithheldActions } from './actions';
import { standingBy } from './standing';

/** How one answer of AWS is known. */
export type PartReport = {
  readonly status: 'known' | 'unknown';
  /** Age of what is used: 0 when read in this pass; absent: it was never read. */
  readonly ageMs?: number;
  readonly code?: string;
  readonly reason?: string;
};

export type ServiceReport = Pick<ServiceState, 'scopeId' | 'account' | 'region' | 'domains'> & {
  readonly id: string;
  /** `health` absent: nobody looked. */
  readonly parts: Readonly<Partial<Record<ContractPart, PartReport>>>;
};

/** A connection as last known, and what the contract says of it. */
export type ConnectionReport = Omit<EndpointConnection, 'createdAtMs'> & {
  /** Absent: nobody's in the contract. */
  readonly consumer?: string;
  /** Domains; none: it is not contracted. */
  readonly mayCall: readonly string[];
  /** What the configuration wants for its other requests, which a pin or a rollout may keep back; absent: the service is a provider's own, where Kong checks nothing. */
  readonly mode?: ContractsConfig['mode'];
  /** When the endpoint was made; unix epoch, milliseconds. */
  readonly sinceMs?: number;
};

/** What was seen of the services of `contracts`. */
export type ContractsSeen = {
  readonly services: readonly ServiceReport[];
  readonly connections: readonly ConnectionReport[];
  readonly findings: readonly ContractFinding[];
};

/** What one pass saw, planned and did about contracts. */
export type ContractsReport = ContractsSeen & {
  readonly actions: readonly ContractAction[];
  /** What the brake held back; absent: nothing. */
  readonly withheld?: readonly WithheldActions[];
  /** Absent when nothing was to be done. */
  readonly applied?: readonly AppliedAction[];
  /** `sync --plan`: actions that nobody approved. */
  readonly leftOut?: readonly AppliedAction[];
  /** `sync --plan`: approved actions that are not needed, or not right, any more. */
  readonly unnecessary?: readonly ContractAction[];
};

/** `zones`: of endpoints, as far as they are discovered; absent: of none. */
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

/** A part that is unknown, and of which service. */
export type UnknownPart = PartReport & { readonly service: string; readonly name: ContractPart };

/** Health is for findings alone: a role that may not ask for it makes nothing uncertain. */
export function unknownParts({ services }: Pick<ContractsSeen, 'services'>): readonly UnknownPart[] {
  return services.flatMap(({ id, parts }) =>
    contractParts.flatMap((name) => {
      const part = parts[name];
      const isMissed = part?.status === 'unknown' && !(name === 'health' && part.code === 'ACCESS_DENIED');
      return isMissed ? [{ ...part, service: id, name }] : [];
    }),
  );
}

/** Something was to be done and was not. */
export function isActedPartly({ applied = [] }: Pick<ContractsReport, 'applied'>): boolean {
  return applied.some(({ outcome }) => outcome !== 'applied');
}
