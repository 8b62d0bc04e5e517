import type { Problem } from '#core/errors';
import type { CheckName } from '#core/messages/checks';
import type { HeldEntity } from '#deck/document';
import type { Base } from '#deck/file/base';
import type { Change } from '../plan/changes';
import type { ControlPlane } from './control-plane';
import type { Diagnosis } from './diagnosis';
import type { EntityApi } from './kong-api/lists';
import type { PlaneIdentity } from './plane-identity';

export type BackendOptions = {
  /** Base files, for backends that write a decK file. */
  readonly base: Base;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * Schema of a custom plugin in Lua, as Konnect takes it. `handler`: the plugin itself, if it is
 * written in Lua.
 */
export type PluginSchema = { readonly name: string; readonly lua: string; readonly handler?: string };

/** The place for schemas of custom plugins. */
export type PluginSchemas = {
  /**
   * Uploads the schema if the held one differs or is absent. Returns whether it wrote. Throws
   * PrivatelinkError.
   */
  readonly upload: (schema: PluginSchema, signal: AbortSignal) => Promise<boolean>;
  /**
   * Work before entities of the plugins are written. Returns warnings, and throws only the signal's
   * reason.
   */
  readonly prepare: (
    schemas: readonly PluginSchema[],
  ) => (changes: readonly Change[], signal: AbortSignal) => Promise<readonly string[]>;
};

export type PlaneCheckOptions = {
  /** Schemas of this product's plugins, in this version. */
  readonly schemas: readonly PluginSchema[];
  /** Names of the plugins that domains use. */
  readonly plugins: ReadonlySet<string>;
  /** Resolves when the control plane was read; rejects when it cannot be read. */
  readonly reached: Promise<unknown>;
};

/**
 * A check of `doctor` for this type of control plane alone. It returns nothing if it does not
 * apply, and an error is a failure.
 */
export type PlaneCheck<C> = {
  readonly name: CheckName;
  readonly run: (config: C, options: PlaneCheckOptions, signal: AbortSignal) => Promise<readonly Diagnosis[]>;
};

/** Data planes, as the control plane knows them at one moment. */
export type Nodes = {
  /** Hash of the configuration that each should have. Undefined: the control plane does not say. */
  readonly expectedHash?: string;
  /** Connected data planes. `hash`: their configuration, as last reported. */
  readonly connected: readonly { readonly name: string; readonly hash?: string }[];
};

/** A measurement that the API of a control plane offers. */
export type Measure = {
  readonly metric: 'error_rate' | 'upstream_latency_p99';
  readonly windowSeconds: number;
};

/** Throws PrivatelinkError. */
export type ReadNodes = (signal: AbortSignal) => Promise<Nodes>;

/**
 * Result over the last whole minutes of a window: percent or milliseconds, and the number of
 * requests. No value if the control plane has none.
 */
export type Measured = { readonly value?: number; readonly requests: number };

/** Throws PrivatelinkError. */
export type TakeMeasure = (measure: Measure, signal: AbortSignal) => Promise<Measured>;

/**
 * Everything that differs between types of control plane; `C` is its part of the configuration. No
 * other code asks for the type.
 */
export type Backend<C> = {
  /**
   * Connects the control plane for `owner`; no IO. The result takes single entities or a whole
   * document, and says which.
   */
  readonly connect: (config: C, owner: string, options: BackendOptions) => ControlPlane;
  /**
   * Identifies the control plane without asking it. Contains the whole configuration except what
   * may change for one control plane (secrets, pace, access). A missing field would let a plan for
   * one place apply to another.
   */
  readonly identify: (config: C) => PlaneIdentity;
  /** Asks the control plane for its id. Absent: it has none. Throws PrivatelinkError. */
  readonly readId?: (config: C, signal: AbortSignal) => Promise<string>;
  /**
   * The place where decK would write, in fields of a decK file. Absent: the file names no place.
   */
  readonly deckPlace?: (config: C) => { readonly controlPlaneName?: string; readonly workspace?: string };
  /** Number of writes at once. Absent: one. */
  readonly concurrency?: (config: C) => number;
  /** Most entities of one kind that it holds. Absent: no limit. */
  readonly mostOfKind?: (config: C) => number | undefined;
  /**
   * Opens its entities, to look at them one by one, including those of others. Absent: not
   * possible.
   */
  readonly openEntities?: (config: C, signal: AbortSignal) => Promise<EntityApi | undefined>;
  /**
   * Reads all its entities, including those of others. Absent: not possible. Throws
   * PrivatelinkError.
   */
  readonly readAll?: (config: C, signal: AbortSignal) => Promise<readonly HeldEntity[]>;
  /** Why entities of people cannot be adopted there. Absent: they can. */
  readonly whyNoAdoption?: Problem;
  /** Absent: it takes no schemas, because its nodes have them. */
  readonly schemas?: (config: C) => PluginSchemas;
  readonly checks?: readonly PlaneCheck<C>[];
  /**
   * Returns the function that reads connected data planes and their configurations; no IO. Absent
   * or undefined: it does not know them.
   */
  readonly readNodes?: (config: C) => ReadNodes | undefined;
  /** Returns the function that measures; no IO. Absent or undefined: it measures nothing. */
  readonly measure?: (config: C) => TakeMeasure | undefined;
};

/** A backend for one configuration: what the rest of the product uses. */
export type OpenBackend = {
  readonly connect: (owner: string, options: BackendOptions) => ControlPlane;
  readonly identity: PlaneIdentity;
  readonly readIdentity: (signal: AbortSignal) => Promise<PlaneIdentity>;
  readonly deckPlace: { readonly controlPlaneName?: string; readonly workspace?: string };
  readonly concurrency: number;
  readonly mostOfKind?: number;
  readonly openEntities?: (signal: AbortSignal) => Promise<EntityApi | undefined>;
  readonly readAll?: (signal: AbortSignal) => Promise<readonly HeldEntity[]>;
  readonly whyNoAdoption?: Problem;
  readonly schemas?: PluginSchemas;
  readonly readNodes?: ReadNodes;
  readonly measure?: TakeMeasure;
  readonly checks: readonly {
    readonly name: CheckName;
    readonly run: (options: PlaneCheckOptions, signal: AbortSignal) => Promise<readonly Diagnosis[]>;
  }[];
};

/** Binds a backend to the configuration of one control plane. */
export function bindBackend<C>(backend: Backend<C>, config: C): OpenBackend {
  const { openEntities, readAll, readId, whyNoAdoption, checks = [] } = backend;
  const identity = backend.identify(config);
  return {
    connect: (owner, options) => backend.connect(config, owner, options),
    identity,
    readIdentity: async (signal) => ({ ...identity, id: await readId?.(config, signal) }),
    deckPlace: backend.deckPlace?.(config) ?? {},
    concurrency: backend.concurrency?.(config) ?? 1,
    mostOfKind: backend.mostOfKind?.(config),
    openEntities: openEntities && ((signal) => openEntities(config, signal)),
    readAll: readAll && ((signal) => readAll(config, signal)),
    whyNoAdoption,
    schemas: backend.schemas?.(config),
    readNodes: backend.readNodes?.(config),
    measure: backend.measure?.(config),
    checks: checks.map(({ name, run }) => ({ name, run: (options, signal) => run(config, options, signal) })),
  };
}
