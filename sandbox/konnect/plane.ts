import { createHash } from 'node:crypto';
import { uuidOf } from '#core/uuid';
import { constraint, invalid, invalidEntity, refused } from './refusal';
import { createStore, type Store } from './store';

export type PluginSchema = {
  readonly name: string;
  readonly lua_schema: string;
  readonly created_at: number;
  readonly updated_at: number;
};

/** A data plane's report; `lastPing` in seconds since the epoch. */
export type NodeReport = {
  readonly id: string;
  readonly hostname: string;
  readonly configHash: string;
  readonly lastPing?: number;
  /** The Gateway's version; default: one with streamed plugins. */
  readonly version?: string;
  /** Plugins that it does not know: no configuration with one of them fits it. Default none. */
  readonly lacks?: readonly string[];
};

export type Node = NodeReport & Required<Pick<NodeReport, 'lastPing'>>;

/** A plugin that data planes get from the control plane. */
export type CustomPlugin = {
  readonly id: string;
  readonly name: string;
  readonly handler: string;
  readonly schema: string;
  readonly created_at: number;
  readonly updated_at: number;
};

export type Labels = Readonly<Record<string, string>>;

/** Traits of a control plane beside its name. */
export type PlaneTraits = { readonly clusterType?: string; readonly labels?: Labels };

/** The analytics of a control plane, for any time; a rate in percent, a latency in milliseconds. */
export type Measures = {
  readonly request_count: number;
  readonly error_rate?: number | null;
  readonly upstream_latency_p99?: number | null;
};

/** One control plane: its entities, custom plugins and data planes. */
export type Plane = {
  readonly id: string;
  readonly name: string;
  readonly clusterType: string;
  readonly labels: Labels;
  readonly store: Store;
  readonly nodes: Map<string, Node>;
  /** Absent: no request went through it. */
  measures?: Measures;
  readonly schemas: ReadonlyMap<string, PluginSchema>;
  /**
   * Throws a Refusal when the text names no plugin, another plugin than `name`, or (on creation) an
   * existing one.
   */
  readonly putSchema: (luaSchema: unknown, name?: string) => PluginSchema;
  readonly removeSchema: (name: string) => void;
  /** By name. */
  readonly customPlugins: Map<string, CustomPlugin>;
  /** Whether an entity of the plugin may be made although Kong does not bring it. */
  readonly hasSchema: (plugin: string) => boolean;
  readonly configHash: () => string;
};

/** Konnect's limit. */
const schemaLimit = 100;

/** `clusterType` defaults to that of a hybrid control plane. */
export function createPlane(
  name: string,
  { clusterType = 'CLUSTER_TYPE_CONTROL_PLANE', labels = {} }: PlaneTraits = {},
): Plane {
  const schemas = new Map<string, PluginSchema>();
  const customPlugins = new Map<string, CustomPlugin>();
  const hasSchema = (plugin: string) => schemas.has(plugin) || customPlugins.has(plugin);
  const store = createStore(hasSchema);

  function putSchema(luaSchema: unknown, wanted?: string): PluginSchema {
    const [, found] = (typeof luaSchema === 'string' && /name\s*=\s*["']([\w-]+)["']/.exec(luaSchema)) || [];
    if (typeof luaSchema !== 'string' || !found || (wanted ?? found) !== found) throw badSchema(found);
    if (wanted === undefined && schemas.has(found)) throw constraint('name', 'unique', found);
    const former = schemas.get(found);
    if (!former && schemas.size >= schemaLimit)
      throw invalidEntity(`limit of ${schemaLimit} custom plugins is reached`);
    const now = Math.floor(Date.now() / 1000);
    const schema = { name: found, lua_schema: luaSchema, created_at: former?.created_at ?? now, updated_at: now };
    schemas.set(found, schema);
    return schema;
  }

  function removeSchema(plugin: string): void {
    if (!schemas.has(plugin)) throw refused(404, 'Not Found', `no custom plugin ${plugin}`);
    if (store.values('plugins').some((one) => one.name === plugin)) throw invalidEntity('plugin schema is in use');
    schemas.delete(plugin);
  }

  function configHash(): string {
    const streamed = [...customPlugins.values()].flatMap(({ handler, schema }) => [handler, schema]);
    const custom = [...[...schemas.values()].map((one) => one.lua_schema), ...streamed].sort();
    return createHash('md5')
      .update(JSON.stringify([store.hash(), custom]))
      .digest('hex');
  }

  const id = uuidOf(`control-plane:${name}`);
  const plugins = { schemas, putSchema, removeSchema, customPlugins, hasSchema };
  return { id, name, clusterType, labels, store, nodes: new Map(), ...plugins, configHash };
}

function badSchema(found: string | undefined) {
  const problem = found === undefined ? 'no plugin name found in it' : `it is the schema of ${found}`;
  return invalid([{ type: 'ERROR_TYPE_FIELD', field: 'lua_schema', messages: [problem] }]);
}
