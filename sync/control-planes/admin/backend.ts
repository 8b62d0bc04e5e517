import type { AdminConfig } from '#config/schema';
import type { Backend } from '../backend';
import { readEverything } from '../kong-api/lists';
import { connectAdmin } from './control-plane';
import { openKong } from './kong';

/** A Kong with a database, through its Admin API. */
export const adminBackend: Backend<AdminConfig> = {
  connect: (config, owner) => connectAdmin(config, owner),
  identify: ({ token: _, concurrency: __, tls: ___, headers: ____, ...place }) => place,
  deckPlace: ({ workspace }) => ({ workspace }),
  concurrency: ({ concurrency }) => concurrency,
  openEntities: async (config) => openKong(config),
  readAll: (config, signal) =>
    readEverything(openKong(config), { concurrency: config.concurrency, hasTargetList: false }, signal),
};
