import type { DblessConfig } from '#config/schema';
import { openKong } from '../admin/kong';
import type { Backend } from '../backend';
import { connectDbless } from './control-plane';

/** One Kong without a database. */
export const dblessBackend: Backend<DblessConfig> = {
  connect: (config, owner) => connectDbless(config, owner),
  identify: ({ token: _, tls: __, headers: ___, ...place }) => place,
  openEntities: async (config) => openKong(config),
};
