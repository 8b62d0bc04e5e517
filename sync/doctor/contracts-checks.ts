import type { ContractsConfig, ServiceConfig } from '#config/contracts';
import { type AwsPart, lastKnown, type ServiceState } from '#core/contracts/model';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { ServiceWrite } from '#discovery/aws/readers/rights';
import { type AskRight, openContracts, openRights } from '#discovery/contracts/open';
import { concurrently } from '#io/concurrently';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import type { Context } from './context';

/** Less than half of what a check gets, so that a service that does not answer is named, and then its load balancer. */
const scopeTimeoutSeconds = 4;

/** Services asked at once. */
const limit = 8;

/** What of each service of `contracts` the role may read, and whether it may do what the configuration lets it. Changes are asked for as dry runs. */
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
    // Whose service nobody knows, or who AWS says is not allowed anything, is told once.
    const isKnown = state.setup.status === 'known' || state.connections.status === 'known';
    const rights = isKnown ? await rightProblems(service, contracts, askRight, own) : [];
    const all = problems.length + rights.length === 0 ? [ok(summaryOf(state, contracts))] : [...problems, ...rights];
    return all.map((one) => ({ ...one, about: service.id }));
  });
  return found.flat();
}

/** Without these a part of what `contracts` says is not done; the others are for findings. */
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
  // A role that cannot be taken is the same fault in each part.
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
