import { randomInt } from 'node:crypto';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { InstanceStatus } from '../protocol/rpc';
import type { Phase, PluginEntry } from './plugins';

/** A plugin entity in use by an nginx worker. */
export type Instance = {
  readonly phases: ReadonlyMap<string, Phase>;
  isUsed: boolean;
};

export type Instances = {
  /** Throws PrivatelinkError when no plugin has the name. */
  readonly start: (name: string, config: unknown) => InstanceStatus;
  readonly find: (instanceId: number) => Instance | undefined;
  readonly close: (instanceId: number) => void;
  /** Closes instances that were not used since the last call. */
  readonly expire: () => void;
  readonly count: () => number;
};

export type InstancesOptions = {
  /** By name. */
  readonly plugins: ReadonlyMap<string, PluginEntry>;
  readonly now: () => number;
  /** Called with an error of a constructor. */
  readonly onProblem: (reason: string) => void;
};

/** Kong reads an id as int32. The other half of the range is for counting on. */
const firstIdLimit = 2 ** 30;

/**
 * Instances of the given plugins. Their ids differ from those of the server before, which nginx
 * workers may still hold.
 */
export function createInstances({ plugins, now, onProblem }: InstancesOptions): Instances {
  const instances = new Map<number, Instance>();
  let nextId = randomInt(1, firstIdLimit);

  function start(name: string, config: unknown): InstanceStatus {
    const entry = plugins.get(name);
    if (!entry) throw unknownPlugin(name, [...plugins.keys()]);
    const phases = startSafely(entry, config);
    const status = { name, instanceId: nextId, startedAt: Math.floor(now() / 1_000) };
    nextId += 1;
    instances.set(status.instanceId, { phases, isUsed: true });
    return status;
  }

  // Kong would ask for a refused instance again and again. An instance without phases lets requests
  // pass.
  function startSafely(entry: PluginEntry, config: unknown): Instance['phases'] {
    try {
      return entry.start(config);
    } catch (thrown) {
      onProblem(`an instance of ${entry.name} does nothing, since it could not start: ${messageOf(thrown)}`);
      return new Map();
    }
  }

  function expire(): void {
    for (const [id, instance] of instances) {
      if (!instance.isUsed) instances.delete(id);
      instance.isUsed = false;
    }
  }

  return {
    start,
    find: (instanceId) => instances.get(instanceId),
    close: (instanceId) => void instances.delete(instanceId),
    expire,
    count: () => instances.size,
  };
}

function unknownPlugin(name: string, known: readonly string[]): PrivatelinkError {
  const reason = `Kong asked for plugin ${JSON.stringify(name)}, but this server has only ${known.join(', ')}`;
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: 'see KONG_PLUGINS' });
}
