import type { PrivatelinkError } from '#core/errors';
import type { Entity, HeldEntity } from '#deck/document';
import { selectTags } from '#deck/tags';
import type { EntityControlPlane, Rollout } from '#sync/control-planes/control-plane';
import type { Change } from '#sync/plan/changes';

export type MemoryControlPlane = EntityControlPlane & {
  /** Everything held, by `kind:key`. */
  readonly entities: Map<string, HeldEntity>;
  /** Every write that arrived, `action kind key`, including failed ones. */
  readonly writes: string[];
  /** Set to make a write fail. */
  failWith: (change: Change) => PrivatelinkError | undefined;
  rollouts: Rollout[];
};

/**
 * A control plane in memory that fills in defaults as Kong does. A comparison that ignores defaults
 * fails on it.
 */
export function createMemoryControlPlane(owner: string): MemoryControlPlane {
  const entities = new Map<string, HeldEntity>();
  const writes: string[] = [];
  const isOurs = (entity: Entity) => selectTags(owner).every((tag) => entity.tags.includes(tag));
  const plane: MemoryControlPlane = {
    takes: 'entities',
    entities,
    writes,
    failWith: () => undefined,
    rollouts: [],
    read: async () => [...entities.values()].filter(isOurs),
    readForeign: async (creates) =>
      creates.flatMap(({ kind, key }) => {
        const held = entities.get(`${kind}:${key}`);
        return held && !isOurs(held) ? [{ kind, key, id: held.id }] : [];
      }),
    write: async (change) => {
      writes.push(`${change.action} ${change.kind} ${change.key}`);
      const failure = plane.failWith(change);
      if (failure) throw failure;
      if (change.after) entities.set(`${change.kind}:${change.key}`, withDefaults(change.after, change.id));
      else entities.delete(`${change.kind}:${change.key}`);
    },
    readRollout: async () => plane.rollouts.shift() ?? { nodes: 0, inSync: 0 },
  };
  return plane;
}

const defaults = {
  upstream: {
    hash_on: 'none',
    hash_fallback: 'none',
    hash_on_cookie_path: '/',
    use_srv_name: false,
    hash_on_header: null,
  },
  target: { failover: false },
  service: { client_certificate: null, ca_certificates: null },
  route: { hosts: null, methods: null, headers: null, snis: null },
  plugin: { protocols: ['grpc', 'grpcs', 'http', 'https'], consumer: null },
};

function withDefaults(entity: Entity, id: string): HeldEntity {
  return { ...entity, id, tags: [...entity.tags].reverse(), fields: { ...defaults[entity.kind], ...entity.fields } };
}
