import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#core/model';
import { pluginSchemaRoutes } from '../konnect/bundled-plugins';
import type { Answer, Call } from '../konnect/call';
import { createFaults, type Fault } from '../konnect/faults';
import { isKindPath, type KindPath } from '../konnect/schemas';
import { listen, type RecordedCall, responderOf, type Traffic } from '../konnect/serve';
import { createStore, type Store } from '../konnect/store';
import type { StoredEntity } from '../konnect/table';
import { exportStore, importStore } from './declarative';
import { answerEntities } from './routes';
import { inKongsWords, kongRefusal } from './shapes';

export type KongAdminOptions = {
  /** Besides `default`; absent: no workspaces. */
  readonly workspaces?: readonly string[];
  /** False: DB-less, entities come by `POST /config` alone. Default true. */
  readonly hasDatabase?: boolean;
  /** Absent: everybody may call, as in Kong without a licence. */
  readonly token?: string;
  /** Names of installed plugins beside Kong's own; default none. */
  readonly plugins?: readonly string[];
  /** Largest page, whatever `size` asks for; default 1000, as Kong. */
  readonly pageCap?: number;
};

/** A stand-in of Kong's Admin API, in memory, on loopback: the part that kong-privatelink uses. */
export type KongAdmin = {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  readonly inject: (fault: Fault) => void;
  readonly entities: (kind: KindPath, workspace?: string) => readonly StoredEntity[];
  /** Puts an entity there as somebody else would; throws when Kong would refuse it. */
  readonly seed: (kind: KindPath, body: JsonObject, workspace?: string) => StoredEntity;
  readonly close: () => Promise<void>;
};

type State = Required<Pick<KongAdminOptions, 'hasDatabase' | 'pageCap'>> & {
  readonly token?: string;
  readonly isInstalled: (plugin: string) => boolean;
  /** By workspace. */
  readonly stores: Map<string, Store>;
};

/** Listens on 127.0.0.1, on a port of the system's choice. */
export async function startKongAdmin(options: KongAdminOptions = {}): Promise<KongAdmin> {
  const { hasDatabase = true, pageCap = 1000, workspaces = [], plugins = [], token } = options;
  const isInstalled = (plugin: string) => plugins.includes(plugin);
  const stores = new Map(['default', ...workspaces].map((name) => [name, createStore(isInstalled)]));
  const state: State = { hasDatabase, pageCap, token, isInstalled, stores };
  const faults = createFaults();
  const traffic: Traffic = { calls: [], running: 0, peak: 0 };
  const respond = responderOf((call, headers) => answer(call, headers, state));
  const { url, close } = await listen({ respond, traffic, takeFault: faults.take });
  return {
    url,
    calls: traffic.calls,
    inject: faults.inject,
    entities: (kind, workspace = 'default') => storeOf(workspace, state).values(kind),
    seed: (kind, body, workspace = 'default') =>
      storeOf(workspace, state).put(kind, typeof body.id === 'string' ? body.id : undefined, body),
    close,
  };
}

function answer(call: Call, headers: IncomingHttpHeaders, state: State): Answer {
  if (state.token !== undefined && headers['kong-admin-token'] !== state.token) {
    throw kongRefusal(401, 'Invalid RBAC credentials');
  }
  const [first = '', ...rest] = call.path;
  if (first === 'config' && rest.length === 0) return answerConfig(call, state);
  const isDefault = isKindPath(first);
  const below = first === 'schemas' ? call.path : rest;
  if (below[0] === 'schemas' && below[1] === 'plugins')
    return inKongsWords(() => pluginSchemaRoutes(call, below[2], state.isInstalled));
  const store = storeOf(isDefault ? 'default' : first, state);
  return answerEntities(call, isDefault ? call.path : rest, { ...state, store });
}

function storeOf(workspace: string, { stores }: State): Store {
  const store = stores.get(workspace);
  if (!store) throw kongRefusal(404, `Workspace '${workspace}' not found`);
  return store;
}

function answerConfig({ method, body }: Call, state: State): Answer {
  if (state.hasDatabase) {
    throw kongRefusal(400, 'this endpoint is only available when Kong is configured to not use a database');
  }
  if (method === 'GET') return { status: 200, body: { config: exportStore(storeOf('default', state)) } };
  if (method !== 'POST') throw kongRefusal(405, 'Method not allowed');
  state.stores.set('default', importStore(body, state.isInstalled));
  return { status: 201, body: {} };
}
