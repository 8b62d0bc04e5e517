import type { ControlPlaneConfig, DeckConfig } from '#config/schema';
import { type Base, emptyBase } from '#deck/file/base';
import { connectAdmin } from './admin/control-plane';
import { openKong } from './admin/kong';
import type { ControlPlane } from './control-plane';
import { connectDbless } from './dbless/control-plane';
import { connectDeck } from './deck-cli/control-plane';
import { connectFile } from './deck-file/control-plane';
import type { EntityApi } from './kong-api/lists';
import { connectKonnect } from './konnect/control-plane';
import { openPlane } from './konnect/plane';

type Type = ControlPlaneConfig['type'];

export type BackendOptions = {
  /** What people wrote, for backends that write a decK file. */
  readonly base: Base;
  readonly env: Readonly<Record<string, string | undefined>>;
};

type Backend<C> = {
  /** What reads and writes the control plane for `owner`; no IO. */
  readonly connect: (config: C, owner: string, options: BackendOptions) => ControlPlane;
  /** Where its entities can be looked at one by one, also those of others; absent: nowhere. */
  readonly openEntities?: (config: C, signal: AbortSignal) => Promise<EntityApi | undefined>;
};

/** How each type of control plane is reached. */
const backends: { readonly [T in Type]: Backend<Extract<ControlPlaneConfig, { type: T }>> } = {
  konnect: {
    connect: (config, owner) => connectKonnect(config, owner),
    openEntities: async (config, signal) => {
      const { http, path } = await openPlane(config)(signal);
      return { http, base: `${path}/core-entities` };
    },
  },
  admin: { connect: (config, owner) => connectAdmin(config, owner), openEntities: async (config) => openKong(config) },
  dbless: {
    connect: (config, owner) => connectDbless(config, owner),
    openEntities: async (config) => openKong(config),
  },
  file: { connect: connectFile },
  deck: { connect: connectDeck, openEntities: (config, signal) => openEntities(withoutDeck(config), signal) },
};

/** Where decK writes to, for a look at what it does not tell. */
function withoutDeck({ address, name, workspace = 'default', token = '' }: DeckConfig): ControlPlaneConfig {
  const reached = { address, token, concurrency: 1 };
  return name === undefined ? { ...reached, type: 'admin', workspace } : { ...reached, type: 'konnect', name };
}

/** Gives what reads and writes the configured control plane for `owner`. */
export function connectBackend(
  config: ControlPlaneConfig,
  owner: string,
  options: BackendOptions = { base: emptyBase, env: {} },
): ControlPlane {
  return backendOf(config).connect(config, owner, options);
}

/** Where the control plane's entities can be looked at one by one; undefined where they cannot. Throws PrivatelinkError. */
export async function openEntities(config: ControlPlaneConfig, signal: AbortSignal): Promise<EntityApi | undefined> {
  return backendOf(config).openEntities?.(config, signal);
}

/** The table's entry is for this very type, which its index type cannot say. */
function backendOf(config: ControlPlaneConfig): Backend<ControlPlaneConfig> {
  return backends[config.type] as Backend<ControlPlaneConfig>;
}
