import type { ContractsConfig, ServiceConfig } from '#config/contracts';
import { type AwsPart, lastKnown, type ServiceState } from '#core/contracts/model';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { ServiceWrite } from '#discovery/aws/readers/rights';
import { type AskRight, openContracts, openRights } from '#discovery/contracts/open';
import { concurrently } from '#io/concurrently';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import type { Context } from './context';

/**
 * Less than half of a check's limit, so that the error names the silent service, and then its load
 * balancer.
 */
const scopeTimeoutSeconds = 4;

/** Services in parallel. */
const limit = 8;

/**
 * Checks the read permissions for each service of `contracts`, and the write permissions that the
 * configuration needs. Writes are asked as dry runs.
 */
export async function checkContracts({ config, aws }: Context, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const { contracts, discovery } = config;
  if (!contracts) return [];
  const reader = openContracts(
    { ...config, discovery: { ...discovery, scopeTimeoutSeconds } },
    { aws, isReadOnly: true },
  );
  const view = await reader?.read(signal);
  const states = new Map(view?.services.map((one) => [one.serviceId, one]));
  const askRight = openRights(contracts, aws);
  const found = await concurrently(contracts.services, { limit, signal }, async (service, own) => {
    const state = states.get(service.id);
    if (!state) return [];
    const problems = readProblems(state, contracts);
    // An unknown service, or a fully denied role, is reported once.
    const isKnown = state.setup.status === 'known' || state.connections.status === 'known';
    const rights = isKnown ? await rightProblems(service, contracts, askRight, own) : [];
    const all = problems.length + rights.length === 0 ? [ok(summaryOf(state, contracts))] : [...problems, ...rights];
    return all.map((one) => ({ ...one, about: service.id }));
  });
  return found.flat();
}

/**
 * Returns problems with reading a service. Only some parts are necessary; the others serve
 * findings.
 */
function readProblems(
  { connections, permissions, setup, health }: ServiceState,
  { permissions: managed }: ContractsConfig,
): readonly Diagnosis[] {
  const severe = managed === 'manage' ? failed : warning;
  const said = [
    problemOf(connections, failed),
    problemOf(setup, warning),
    problemOf(permissions, severe),
    health ? problemOf(health, warning) : undefined,
  ].flatMap((one) => one ?? []);
  // A role that cannot be assumed is the same fault in each part.
  return said.filter(({ detail }, index) => said.findIndex((one) => one.detail === detail) === index);
}

function problemOf<T>(part: AwsPart<T>, severity: (detail: string) => Diagnosis): Diagnosis | undefined {
  return part.status === 'known' ? undefined : severity(part.reason);
}

function writesOf({ accept, reject, permissions }: ContractsConfig): readonly ServiceWrite[] {
  return [
    ...(accept === 'contracted' ? (['AcceptVpcEndpointConnections'] as const) : []),
    ...(reject === 'uncontracted' ? (['RejectVpcEndpointConnections'] as const) : []),
    ...(permissions === 'manage' ? (['ModifyVpcEndpointServicePermissions'] as const) : []),
  ];
}

async function rightProblems(
  service: ServiceConfig,
  contracts: ContractsConfig,
  askRight: AskRight,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const asked = writesOf(contracts).map(async (action) => {
    try {
      await askRight(service, action, signal);
      return [];
    } catch (thrown) {
      signal.throwIfAborted();
      const isDenied = thrown instanceof PrivatelinkError && thrown.code === 'ACCESS_DENIED';
      return [
        isDenied
          ? failed(messageOf(thrown))
          : warning(`cannot tell whether the role has this permission: ${messageOf(thrown)}`),
      ];
    }
  });
  return (await Promise.all(asked)).flat();
}

function summaryOf({ connections, permissions, health }: ServiceState, contracts: ContractsConfig): string {
  const counts = `connections: ${lastKnown(connections)?.length}, principals: ${lastKnown(permissions)?.length}`;
  const may = writesOf(contracts).join(', ');
  const targets = health ? ', target health is read' : '';
  return `${counts}${targets}; ${may ? `may ${may}` : 'nothing is changed at AWS'}`;
}
