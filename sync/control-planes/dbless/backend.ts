import type { DblessConfig } from '#config/schema';
import { lazy } from '#core/timing/lazy';
import { openKong } from '../admin/kong';
import type { Backend } from '../backend';
import { connectDbless, readRunningEntities } from './control-plane';
import { readOwnNode } from './node';

/** One Kong without a database. */
export const dblessBackend: Backend<DblessConfig> = {
  connect: (config, owner) => connectDbless(config, owner),
  identify: ({ token: _, tls: __, headers: ___, ...place }) => place,
  openEntities: async (config) => openKong(config),
  readAll: (config, signal) => readRunningEntities(openKong(config).http, signal),
  readNodes: (config) => {
    const open = lazy(() => openKong(config));
    return (signal) => readOwnNode(open().http, new URL(config.address).host, signal);
  },
};
