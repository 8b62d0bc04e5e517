import { isAt, type Place } from './model';
import type { AwsWorld } from './world';

/**
 * Returns the present world without later changes: the answers of an AWS that is only eventually
 * consistent. New resources are neither listed nor found by id.
 */
export function rememberWorld(world: AwsWorld): AwsWorld {
  const endpoints = recordOf(world.endpoints());
  const interfaces = recordOf(world.interfaces());
  const instances = recordOf(world.instances());
  return {
    ...world,
    endpoints: endpoints.at,
    endpoint: endpoints.find,
    interfaces: interfaces.at,
    interface: interfaces.find,
    instances: instances.at,
    instance: instances.find,
  };
}

function recordOf<T extends Place & { readonly id: string }>(all: readonly T[]) {
  const byId = new Map(all.map((one) => [one.id, one]));
  return {
    at: (place?: Place): readonly T[] => (place ? all.filter((one) => isAt(one, place)) : all),
    find: (id: string): T | undefined => byId.get(id),
  };
}
