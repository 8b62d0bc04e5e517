import type { PublishConfig } from '#config/schema';
import { targetKey } from '#deck/keys';
import type { AccountScope } from '#discovery/aws/accounts';
import type { CloudMapReader, ServiceItem } from '#discovery/aws/readers/cloud-map';
import { findNamespace, findServices } from '#discovery/providers/cloud-map';
import type { ControlPlane } from '../control-planes/control-plane';
import type { InstanceWriter } from './instance-writer';
import { addressesOf, attributesOf, heldInstance, isOwnedBy } from './instances';

export type CloudMapServiceOptions = {
  readonly owner: string;
  /** Parent of the instances (see instances.ts). */
  readonly name: string;
  readonly scope: AccountScope;
  readonly reader: Pick<CloudMapReader, 'listNamespaces' | 'listServices' | 'listInstances'>;
  readonly writer: InstanceWriter;
};

/**
 * Returns a Cloud Map service as a control plane with targets only, which no data plane follows.
 */
export function createCloudMapService(config: PublishConfig, options: CloudMapServiceOptions): ControlPlane {
  const { owner, name, scope, reader, writer } = options;
  // A recreated service has another id, so every list looks the service up.
  let located: ServiceItem | undefined;

  async function locate(signal: AbortSignal): Promise<ServiceItem> {
    const namespace = findNamespace(await reader.listNamespaces(signal), config.namespace, scope);
    const services = await reader.listServices(namespace.reference, signal);
    const [service] = findServices(services, { namespace: config.namespace, services: [config.service] }, scope);
    if (!service) throw new Error(`findServices found no ${config.service} and did not say so`);
    located = service;
    return service;
  }

  async function list(signal: AbortSignal) {
    return reader.listInstances((await locate(signal)).reference, signal);
  }

  return {
    takes: 'entities',
    read: async (signal) => {
      const own = (await list(signal)).filter((one) => isOwnedBy(owner, one));
      return own.map((one) => heldInstance(one, { parent: name, domain: config.domain }));
    },
    readForeign: async (creates, signal) => {
      const foreign = (await list(signal)).filter((one) => !isOwnedBy(owner, one));
      const taken = new Set(
        foreign.flatMap((one) => [one.id, ...addressesOf(one).map((address) => targetKey(name, address))]),
      );
      return creates.filter(({ id, key }) => taken.has(id) || taken.has(key));
    },
    write: async ({ id, after }, signal) => {
      const { reference } = located ?? (await locate(signal));
      if (after) await writer.register(reference, { id, attributes: attributesOf(after, owner) }, signal);
      else await writer.deregister(reference, id, signal);
    },
    readRollout: async () => ({ nodes: 0, inSync: 0 }),
  };
}
