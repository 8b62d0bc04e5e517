import type { ControlPlaneConfig } from '#config/schema';
import { adminBackend } from './admin/backend';
import { type Backend, bindBackend, type OpenBackend } from './backend';
import { dblessBackend } from './dbless/backend';
import { deckBackend } from './deck-cli/backend';
import { fileBackend } from './deck-file/backend';
import { konnectBackend } from './konnect/backend';

type Type = ControlPlaneConfig['type'];

/** All types of control plane. Their configuration is in config/control-planes.ts. */
export const backends: { readonly [T in Type]: Backend<Extract<ControlPlaneConfig, { type: T }>> } = {
  konnect: konnectBackend,
  admin: adminBackend,
  dbless: dblessBackend,
  file: fileBackend,
  deck: deckBackend,
};

/** The backend of the configured control plane. */
export function backendOf(config: ControlPlaneConfig): OpenBackend {
  // The entry fits this type, but TypeScript cannot know that for an index.
  return bindBackend(backends[config.type] as Backend<ControlPlaneConfig>, config);
}
