import type { KonnectConfig } from '#config/schema';
import type { Clock } from '#core/timing/clock';
import { writeOrder } from '#deck/desired';
import { heldEntities } from '#deck/held';
import { isGenerated, selectTags } from '#deck/tags';
import { systemClock } from '#io/clock';
import type { EntityControlPlane } from '../control-plane';
import { foreignEntities } from '../kong-api/entities';
import { createHttp, type HttpOptions } from '../kong-api/http';
import { type ListPath, readLists } from '../kong-api/lists';
import { clashPaths, listPaths } from '../kong-api/paths';
import { createServerClock } from '../kong-api/server-clock';
import { writeEntity } from '../kong-api/write-entity';
import { konnectApi } from './api';
import { tryFirstEntities } from './first-entity';
import { planePath, resolveControlPlane } from './plane-id';
import { readExpectedHash, readRollout } from './settled';
import { rememberUnchanged } from './unchanged';

export type ConnectOptions = { readonly clock?: Clock } & Pick<HttpOptions, 'random' | 'timeoutMs'>;

/**
 * Connects, for `owner`, the configured control plane of Konnect; makes no call yet. Every method
 * throws PrivatelinkError, or the signal's reason when aborted.
 */
export function connectKonnect(
  config: KonnectConfig,
  owner: string,
  { clock = systemClock, ...options }: ConnectOptions = {},
): EntityControlPlane {
  const serverClock = createServerClock(clock);
  const http = createHttp({ api: konnectApi, ...config, ...options, clock, serverClock });
  const ownTags = selectTags(owner);
  let plane: string | undefined;
  const resolve = async (signal: AbortSignal) => {
    plane = planePath(await resolveControlPlane(http, config.name, signal));
    return plane;
  };
  const open = async (signal: AbortSignal) => ({ http, base: `${plane ?? (await resolve(signal))}/core-entities` });
  const list = async (paths: readonly ListPath[], tags: readonly string[], signal: AbortSignal) =>
    readLists(paths, { ...(await open(signal)), tags, concurrency: config.concurrency }, signal);
  const readHeld = async (signal: AbortSignal) => {
    const paths = writeOrder.map((kind) => ({ kind, path: listPaths[kind] }));
    const held = heldEntities(await list(paths, ownTags, signal));
    // Guards against a proxy that drops the filter.
    return held.filter((entity) => isGenerated(entity.tags, ownTags));
  };
  // Without the hash the pass reads the lists. They report what is wrong, if anything is.
  const readVersion = (signal: AbortSignal) =>
    readExpectedHash(http, plane ?? '', signal).then(
      (hash) => `${plane} ${hash}`,
      () => undefined,
    );
  const openRollout = async (signal: AbortSignal) => ({
    http,
    path: plane ?? (await resolve(signal)),
    now: serverClock.now,
  });
  const write = tryFirstEntities({
    open: openRollout,
    write: async (change, signal) => writeEntity(change, await open(signal), signal),
    clock,
    streamPlugins: config.streamPlugins,
  });
  const remembering = rememberUnchanged({ read: readHeld, readVersion, monotonicMs: clock.monotonicMs });
  return {
    takes: 'entities',
    read: async (signal) => {
      // A pass starts here. A recreated control plane of the same name has another id.
      await resolve(signal);
      return remembering.read(signal);
    },
    readForeign: async (creates, signal) =>
      foreignEntities(await list(clashPaths(creates), [], signal), creates, ownTags),
    write: async (change, signal) => {
      remembering.forget();
      return write(change, signal);
    },
    readRollout: async (signal) => readRollout(await openRollout(signal), signal),
  };
}
