import { isIP } from 'node:net';
import { concurrently } from '../core/concurrently';
import { PrivatelinkError } from '../core/errors';
import type { Scope } from '../core/model';
import { compareText } from '../core/targets';
import { createAccountSource } from './account-source';
import type { AccountScope } from './aws-scopes';
import { type Candidate, claimEndpoints, type Facts } from './claim-endpoint';
import type { CloudMapReader, InstanceItem, NamespaceItem, ServiceItem } from './cloud-map-reader';
import type { CloudMapConfig, TagKeys } from './config';
import type { Source } from './source';

export type CloudMapDependencies = {
  readonly owner: string;
  /** Gives the reader of one account and region. */
  readonly readerOf: (scope: AccountScope) => CloudMapReader;
};

/** Services read at once in one scope. */
const concurrency = 4;

/** Instances of a namespace's services: all of them, or those that the configuration lists. Attributes count as tags. */
export function createCloudMapSource(config: CloudMapConfig, { owner, readerOf }: CloudMapDependencies): Source {
  return createAccountSource(config, (scope) => {
    const reader = readerOf(scope);
    return async (signal) => {
      const namespace = findNamespace(await reader.listNamespaces(signal), config.namespace, scope);
      const services = findServices(await reader.listServices(namespace.reference, signal), config, scope);
      const read = await concurrently(services, concurrency, (service) => readService(reader, service, signal));
      const candidates = read.flat().map((one) => candidateOf(one, config.tags, scope));
      candidates.sort((a, b) => compareText(a.id, b.id));
      return claimEndpoints(candidates, { config, owner, scope });
    };
  });
}

/** By name, id or ARN; throws where there is none, or where a name means several. */
function findNamespace(namespaces: readonly NamespaceItem[], wanted: string, scope: Scope): NamespaceItem {
  const found = namespaces.filter(({ id, arn, name }) => [id, arn, name].includes(wanted));
  const [namespace, ...others] = found;
  if (!namespace) {
    throw notFound(
      scope,
      `there is no Cloud Map namespace ${wanted}: create it, correct \`namespace\` of the source, or have its owner share it with this account`,
    );
  }
  if (others.length === 0) return namespace;
  const ids = found.map(({ id }) => id).sort(compareText);
  throw notFound(
    scope,
    `${found.length} Cloud Map namespaces are named ${wanted}: write one of ${ids.join(', ')} as \`namespace\` of the source`,
  );
}

/** Those of `config.services` by name or id, or all; throws where one does not exist. */
function findServices(all: readonly ServiceItem[], config: CloudMapConfig, scope: Scope): readonly ServiceItem[] {
  const { services, namespace } = config;
  if (!services) return all;
  const missing = services.find((wanted) => !all.some(({ id, name }) => id === wanted || name === wanted));
  if (missing === undefined) return all.filter(({ id, name }) => services.includes(id) || services.includes(name));
  throw notFound(
    scope,
    `namespace ${namespace} has no service ${missing}: create it, or take it out of \`services\` of the source`,
  );
}

function notFound({ source, account, region }: Scope, what: string): PrivatelinkError {
  const message = `source ${source}, account ${account}, region ${region}: ${what}`;
  return new PrivatelinkError(message, { code: 'AWS', transient: false });
}

type Found = { readonly service: ServiceItem; readonly instance: InstanceItem; readonly isUnhealthy: boolean };

/** Health is asked for only where there is some: without a health check, and for an instance just registered, it is unknown, which counts as healthy. */
async function readService(
  reader: CloudMapReader,
  service: ServiceItem,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const listed = await reader.listInstances(service.reference, signal);
  const instances = [...new Map(listed.map((one) => [one.id, one])).values()];
  const isAsked = service.isHealthChecked && instances.length > 0;
  const health = isAsked ? await reader.readHealth(service.reference, signal) : new Map<string, string>();
  return instances.map((instance) => ({ service, instance, isUnhealthy: health.get(instance.id) === 'UNHEALTHY' }));
}

function candidateOf(found: Found, keys: TagKeys, scope: Scope): Candidate {
  const { service, instance, isUnhealthy } = found;
  return {
    id: endpointIdOf(service, instance),
    tags: tagsOf(found, keys),
    state: isUnhealthy ? 'partial' : 'available',
    facts: factsOf(found, scope),
  };
}

/** The service's id, not its name, which repeats from region to region: an endpoint's id names one thing everywhere. Becomes a tag: no `/`, no `,`. */
function endpointIdOf(service: ServiceItem, instance: InstanceItem): string {
  // `~` and `!` occur in no instance id, so that two ids stay two.
  return `${service.id}.${instance.id}`.replaceAll('/', '~').replaceAll(',', '!');
}

/** The instance's attributes; the service's name and AWS's port stand in where it names no domain and no port. */
function tagsOf({ service, instance: { attributes } }: Found, keys: TagKeys): ReadonlyMap<string, string> {
  const domain = attributes.get(keys.domain)?.trim() || service.name;
  const port = attributes.get(keys.port)?.trim() || attributes.get('AWS_INSTANCE_PORT') || '';
  return new Map([...attributes, [keys.domain, domain], [keys.port, port]]);
}

function factsOf({ service, instance, isUnhealthy }: Found, { region }: Scope): Facts | string {
  const { createdAtMs, name } = service;
  if (createdAtMs === undefined) return `AWS gives no CreateDate for its service ${name}`;
  const ips = addressKeys.flatMap((key) => instance.attributes.get(key)?.trim() || []);
  if (ips.length === 0) return `it has neither ${addressKeys.join(' nor ')}`;
  const bad = ips.find((ip) => isIP(ip) === 0);
  if (bad !== undefined) return `${JSON.stringify(bad)} is no IP address`;
  return {
    state: isUnhealthy ? 'partial' : 'available',
    reason: isUnhealthy ? 'Cloud Map says UNHEALTHY' : undefined,
    createdAtMs,
    serviceName: name,
    dnsNames: [],
    addresses: ips.map((ip) => ({ ip, region })),
  };
}

const addressKeys = ['AWS_INSTANCE_IPV4', 'AWS_INSTANCE_IPV6'] as const;
