import type { PublishConfig } from '#config/schema';
import { uuidOf } from '#core/uuid';
import { createCloudMapService } from '#sync/publish/cloud-map-service';
import type { Publication } from '#sync/publish/publish';

export type MemoryCloudMap = {
  readonly publication: Publication;
  /** Attributes by instance id. */
  readonly instances: Map<string, ReadonlyMap<string, string>>;
  /** Every write that arrived, `register <id>` or `deregister <id>`. */
  readonly writes: string[];
  /** Set to make every list fail. */
  isUnreadable: boolean;
};

/** A Cloud Map service in memory, and its publication of `sd2` for the owner `test`. */
export function createMemoryCloudMap(): MemoryCloudMap {
  const instances: MemoryCloudMap['instances'] = new Map();
  const writes: string[] = [];
  const name = 'cloud-map self.us-east-1 shared/employees';
  const named = (id: string, text: string) => ({ id, name: text, reference: id, isHealthChecked: false });
  const config: PublishConfig = { namespace: 'shared', service: 'employees', domain: 'sd2', region: 'us-east-1' };
  const service = createCloudMapService(config, {
    owner: 'test',
    name,
    scope: { id: 'publish.self.us-east-1', source: 'publish', account: 'self', region: 'us-east-1' },
    reader: {
      listNamespaces: async () => [named('ns-1', 'shared')],
      listServices: async () => [named('srv-1', 'employees')],
      listInstances: async () => {
        if (memory.isUnreadable) throw new Error('throttled');
        return [...instances].map(([id, attributes]) => ({ id, attributes }));
      },
    },
    writer: {
      register: async (_, { id, attributes }) => {
        writes.push(`register ${id}`);
        instances.set(id, new Map(Object.entries(attributes)));
      },
      deregister: async (_, id) => {
        writes.push(`deregister ${id}`);
        instances.delete(id);
      },
    },
  });
  const memory = { publication: { name, domain: 'sd2', service }, instances, writes, isUnreadable: false };
  return memory;
}

/** The id that the product gives to the instance of an address. */
export function instanceIdOf(address: string): string {
  return uuidOf(`target:cloud-map self.us-east-1 shared/employees:${address}`);
}
