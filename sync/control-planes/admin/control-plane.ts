import type { AdminConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import type { Change } from '../../plan/changes';
import type { EntityControlPlane } from '../control-plane';
import { bodyOf } from '../kong-api/entities';
import type { EntityApi } from '../kong-api/lists';
import { entityPath } from '../kong-api/paths';
import { writeEntity } from '../kong-api/write-entity';
import { refusingUnknown } from '../plugins/known';
import { type KongOptions, openKong } from './kong';
import { readHeld, readTaken } from './read';

/**
 * Kong's `db_update_frequency` and then its `worker_state_update_frequency`, 5 s each, and 5 s more
 * for a busy node.
 */
const nodesFollowMs = 15_000;

/**
 * Connects, for `owner`, a Kong with a database through its Admin API; makes no call yet. Every
 * method throws PrivatelinkError, or the signal's reason when aborted.
 */
export function connectAdmin(config: AdminConfig, owner: string, options?: KongOptions): EntityControlPlane {
  const api = openKong(config, options);
  const reading = { ...api, owner, concurrency: config.concurrency };
  const refuse = refusingUnknown(api);
  return {
    takes: 'entities',
    read: (signal) => readHeld(reading, signal),
    readForeign: (creates, signal) => readTaken(creates, reading, signal),
    write: async (change, signal) => {
      const refusal = await refuse(change, signal);
      if (refusal) throw refusal;
      if (change.kind === 'target' && change.action === 'create') return createTarget(change, api, signal);
      return writeEntity(change, api, signal);
    },
    // Nodes read the database themselves, and Kong keeps no list of nodes.
    readRollout: async () => ({ nodes: 0, inSync: 0 }),
    nodesFollowMs,
  };
}

/**
 * Kong's PUT answers 404 for a target that does not exist (3.9). Its POST refuses an existing
 * target, perhaps from a try whose answer was lost.
 */
async function createTarget(change: Change, api: EntityApi, signal: AbortSignal): Promise<void> {
  const path = entityPath(change).replace(/\/[^/]+$/, '');
  const body = { ...bodyOf(change), id: change.id };
  await api.http({ method: 'POST', path: `${api.base}/${path}`, body }, signal).catch(async (refused: unknown) => {
    if (!(refused instanceof PrivatelinkError) || refused.transient) throw refused;
    await writeEntity(change, api, signal).catch(() => {
      signal.throwIfAborted();
      throw refused;
    });
  });
}
