import type { DeckConfig } from '#config/schema';
import { adminBackend } from '../admin/backend';
import { type Backend, bindBackend } from '../backend';
import { konnectBackend } from '../konnect/backend';
import { connectDeck } from './control-plane';

/** Konnect or the Admin API, through decK. */
export const deckBackend: Backend<DeckConfig> = {
  connect: connectDeck,
  identify: ({ token: _, binary: __, tls: ___, headers: ____, ...place }) => place,
  deckPlace: ({ name, workspace }) => ({ controlPlaneName: name, workspace }),
  mostOfKind: (config) => withoutDeck(config).mostOfKind,
  openEntities: async (config, signal) => withoutDeck(config).openEntities?.(signal),
  whyNoAdoption: {
    reason: 'decK sees only entities with the select tags, and would create copies of those that people wrote',
    fix: 'set controlPlane.type to konnect or admin',
  },
  readAll: async (config, signal) => withoutDeck(config).readAll?.(signal) ?? [],
  readNodes: (config) => withoutDeck(config).readNodes,
  measure: (config) => withoutDeck(config).measure,
};

/** The same control plane without decK, for what decK does not tell. */
function withoutDeck({ address, name, workspace = 'default', token = '', tls, headers }: DeckConfig) {
  const reached = { address, token, tls, headers, concurrency: 1 };
  return name === undefined
    ? bindBackend(adminBackend, { ...reached, type: 'admin', workspace })
    : bindBackend(konnectBackend, { ...reached, type: 'konnect', name });
}
