import type { KonnectConfig } from '#config/schema';
import { lazy } from '#core/timing/lazy';
import type { Backend } from '../backend';
import { type EntityApi, readEverything } from '../kong-api/lists';
import { checkDataPlanes, checkSchema } from './checks';
import { connectKonnect } from './control-plane';
import { measurePlane } from './measure';
import { openPlane } from './plane';
import { createRelease } from './release';
import { readPlaneNodes } from './settled';
import { bringPlugin } from './streamed';

/** Konnect's documented limit of entities of each kind in one control plane. */
const mostOfKind = 10_000;

/** A control plane of Konnect. */
export const konnectBackend: Backend<KonnectConfig> = {
  connect: (config, owner) => connectKonnect(config, owner),
  identify: ({ token: _, concurrency: __, tls: ___, headers: ____, streamPlugins: _____, ...place }) => place,
  readId: async (config, signal) => (await openPlane(config)(signal)).id,
  deckPlace: ({ name }) => ({ controlPlaneName: name }),
  concurrency: ({ concurrency }) => concurrency,
  mostOfKind: () => mostOfKind,
  openEntities: openPlaneEntities,
  readAll: async (config, signal) =>
    readEverything(
      await openPlaneEntities(config, signal),
      { concurrency: config.concurrency, hasTargetList: true },
      signal,
    ),
  schemas: (config) => ({
    upload: async (schema, signal) => bringPlugin(await openPlane(config)(signal), schema, { config, signal }),
    prepare: (schemas) => createRelease({ ...config, openPlane: openPlane(config), schemas }),
  }),
  readNodes: (config) => {
    const open = lazy(() => openPlane(config));
    return async (signal) => readPlaneNodes(await open()(signal), signal);
  },
  measure: (config) => {
    const open = lazy(() => openPlane(config));
    return async (measure, signal) => measurePlane(await open()(signal), measure, signal);
  },
  checks: [
    { name: 'data planes', run: checkDataPlanes },
    { name: 'plugin schema', run: checkSchema },
  ],
};

async function openPlaneEntities(config: KonnectConfig, signal: AbortSignal): Promise<EntityApi> {
  const { http, path } = await openPlane(config)(signal);
  return { http, base: `${path}/core-entities` };
}
