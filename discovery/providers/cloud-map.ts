import type { CloudMapConfig, TagKeys } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import { PrivatelinkError, type Problem } from '#core/errors';
import type { Scope } from '#core/model';
import { concurrently } from '#io/concurrently';
import { type Candidate, claimEndpoints, type Facts } from '../admission/admit';
import { cut, missingField } from '../admission/fields';
import type { AccountScope } from '../aws/accounts';
import { createAccountSource } from '../aws/accounts';
import { whyUnreadable } from '../aws/answers';
import type { ReadAccount } from '../aws/caller';
import type { CloudMapReader, InstanceItem, NamespaceItem, ServiceItem } from '../aws/readers/cloud-map';
import type { ReadZoneIds } from '../aws/readers/zones';
import type { Source } from '../source';
import { readInstanceZones } from './cloud-map-zones';
import { publishedAttributes } from './published-attributes';

export type CloudMapDependencies = {
  readonly owner: string;
  /** Returns the readers of one account and region. */
  readonly readersOf: (scope: AccountScope) => {
    readonly reader: CloudMapReader;
    readonly readZoneIds: ReadZoneIds;
    readonly readAccount: ReadAccount;
  };
};

/** Services of one scope that are read concurrently. */
const concurrency = 4;

/**
 * Instances of a namespace's services, of all or of the configured ones. Attributes serve as tags.
 * Instances that this owner published are left out: they would keep themselves alive
 * (docs/decisions/0013-publishing.md).
 */
export function createCloudMapSource(config: CloudMapConfig, { owner, readersOf }: CloudMapDependencies): Source {
  return createAccountSource(config, (scope) => {
    const { reader, ...zoneReaders } = readersOf(scope);
    let services: readonly ServiceItem[] = [];
    return {
      discover: async (signal) => {
        const namespace = findNamespace(await reader.listNamespaces(signal), config.namespace, scope);
        services = findServices(await reader.listServices(namespace.reference, signal), config, scope);
        const limits = { limit: concurrency, signal };
        const read = await concurrently(services, limits, (service, own) => readService(reader, service, own));
        const found = read.flat().filter((one) => attributeOf(one, 'owner') !== owner);
        const instances = found.map(({ instance }) => instance);
        const zoneIds = await readInstanceZones(instances, { scope, ...zoneReaders }, signal);
        const candidates = found.map((one, index) => candidateOf(one, config.tags, { scope, zoneId: zoneIds[index] }));
        return claimEndpoints(candidates, { config, owner, scope });
      },
      confirmGone: async (ids, signal) => {
        const asked = ids.flatMap((id) => instanceBehind(id, services) ?? []).slice(0, askedAtOnce);
        const limits = { limit: concurrency, signal };
        const isGone = await concurrently(asked, limits, (one, own) => reader.isGone(one.service, one.instance, own));
        return asked.flatMap(({ id }, index) => (isGone[index] ? [id] : []));
      },
    };
  });
}

/** Instances that one pass asks for, each with its own call. Later passes ask for the rest. */
const askedAtOnce = 20;

/**
 * The instance of an endpoint whose service was listed last. A shared service answers only to the
 * reference in that list.
 */
function instanceBehind(endpointId: string, services: readonly ServiceItem[]) {
  const service = services.find(({ id }) => endpointId.startsWith(`${id}.`));
  if (!service) return undefined;
  const instance = endpointId
    .slice(service.id.length + 1)
    .replaceAll('~', '/')
    .replaceAll('!', ',');
  return { id: endpointId, service: service.reference, instance };
}

/**
 * The namespace that `wanted` names, by its name, id or ARN. Throws PrivatelinkError when no
 * namespace matches, or several have the name.
 */
export function findNamespace(namespaces: readonly NamespaceItem[], wanted: string, scope: Scope): NamespaceItem {
  const found = namespaces.filter(({ id, arn, name }) => [id, arn, name].includes(wanted));
  const [namespace, ...others] = found;
  if (!namespace) {
    throw notFound(scope, {
      reason: `there is no Cloud Map namespace ${wanted}`,
      fix: 'create it, correct `namespace`, or have its owner share it with this account',
    });
  }
  if (others.length === 0) return namespace;
  const ids = found.map(({ id }) => id).sort(compareText);
  throw notFound(scope, {
    reason: `${found.length} Cloud Map namespaces are named ${wanted}`,
    fix: `write one of ${ids.join(', ')} as \`namespace\``,
  });
}

/**
 * The services that `config.services` names by name or id, or all. Throws PrivatelinkError when a
 * service does not exist.
 */
export function findServices(
  all: readonly ServiceItem[],
  config: Pick<CloudMapConfig, 'namespace' | 'services'>,
  scope: Scope,
): readonly ServiceItem[] {
  const { services, namespace } = config;
  if (!services) return all;
  const missing = services.find((wanted) => !all.some(({ id, name }) => id === wanted || name === wanted));
  if (missing === undefined) return all.filter(({ id, name }) => services.includes(id) || services.includes(name));
  throw notFound(scope, {
    reason: `namespace ${namespace} has no service ${missing}`,
    fix: 'create it, or correct `services` (`service` of `publish`)',
  });
}

function notFound({ source, account, region }: Scope, { reason, fix }: Problem): PrivatelinkError {
  return new PrivatelinkError(`source ${source}, account ${account}, region ${region}: ${reason}`, {
    code: 'AWS',
    fix,
  });
}

type Found = { readonly service: ServiceItem; readonly instance: InstanceItem; readonly isUnhealthy: boolean };

/**
 * Reads health only where AWS checks it. A service without a health check, and an instance that was
 * just registered, have unknown health, which is taken as healthy.
 */
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

function attributeOf({ instance }: Found, name: keyof typeof publishedAttributes): string | undefined {
  return instance.attributes.get(publishedAttributes[name]);
}

type InstanceContext = { readonly scope: Scope; readonly zoneId: string | undefined };

function candidateOf(found: Found, keys: TagKeys, context: InstanceContext): Candidate {
  const { service, instance, isUnhealthy } = found;
  return {
    id: endpointIdOf(service, instance),
    tags: tagsOf(found, keys),
    callKey: (key) => callKey(found, keys, key),
    state: isUnhealthy ? 'partial' : 'available',
    problem: whyUnreadable('it', instance.misfit),
    facts: factsOf(found, context),
  };
}

/**
 * Uses the id of the service: its name repeats from region to region, and an endpoint's id has to
 * be unique everywhere. The id becomes a tag, without `/` and `,`.
 */
function endpointIdOf(service: ServiceItem, instance: InstanceItem): string {
  // `~` and `!` occur in no instance id, so two ids never become the same.
  return `${service.id}.${instance.id}`.replaceAll('/', '~').replaceAll(',', '!');
}

/**
 * The instance's attributes. The service's name stands in for a missing domain, and AWS's port for
 * a missing port.
 */
function tagsOf({ service, instance: { attributes } }: Found, keys: TagKeys): ReadonlyMap<string, string> {
  const domain = attributes.get(keys.domain)?.trim() || service.name;
  const port = attributes.get(keys.port)?.trim() || attributes.get(portKey) || '';
  return new Map([...attributes, [keys.domain, domain], [keys.port, port]]);
}

function withoutAddress({ attributes }: InstanceItem): Problem {
  const [key] = nameKeys.filter((one) => attributes.get(one)?.trim());
  const reason = `it has neither ${addressKeys.join(' nor ')}`;
  if (key === undefined) return { reason, fix: 'register it with its address, or deregister it' };
  const fix = 'name it in a source of type dns, which follows such names';
  return { reason: `${reason}, but ${key} ${JSON.stringify(cut(attributes.get(key)))}`, fix };
}

/** Names the attribute that stands in for a missing one. */
function callKey({ instance: { attributes } }: Found, keys: TagKeys, key: string): string {
  if (attributes.get(key)?.trim()) return `attribute ${key}`;
  if (key === keys.domain) return `attribute ${key} is absent, and the name of its service`;
  const isAwsPort = key === keys.port && attributes.has(portKey);
  return isAwsPort ? `attribute ${key} is absent, and ${portKey}` : `attribute ${key}`;
}

function factsOf(found: Found, { scope: { region }, zoneId }: InstanceContext): Facts | Problem {
  const { service, instance, isUnhealthy } = found;
  const { createdAtMs, name } = service;
  if (createdAtMs === undefined) return missingField(`AWS gives no CreateDate for its service ${name}`);
  const ips = addressKeys.flatMap((key) => instance.attributes.get(key)?.trim() || []);
  if (ips.length === 0) return withoutAddress(instance);
  return {
    state: isUnhealthy ? 'partial' : 'available',
    reason: isUnhealthy ? 'Cloud Map says UNHEALTHY' : undefined,
    createdAtMs,
    serviceName: name,
    dnsNames: [],
    addresses: ips.map((ip) => ({ ip, region, zoneId })),
  };
}

const portKey = 'AWS_INSTANCE_PORT';
/** Attributes that name another thing. Only DNS leads from them to addresses. */
const nameKeys = ['AWS_INSTANCE_CNAME', 'AWS_ALIAS_DNS_NAME'] as const;
const addressKeys = ['AWS_INSTANCE_IPV4', 'AWS_INSTANCE_IPV6'] as const;
