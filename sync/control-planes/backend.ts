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
  /** What people wrote, for backends that write a decK file. */
  readonly base: Base;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** A custom plugin's schema in Lua, as Konnect takes it; `handler`: the plugin itself, where that is Lua. */
export type PluginSchema = { readonly name: string; readonly lua: string; readonly handler?: string };

/** Where schemas of custom plugins are put. */
export type PluginSchemas = {
  /** Puts the schema where the held one differs or is absent; gives whether it wrote. Throws PrivatelinkError. */
  readonly upload: (schema: PluginSchema, signal: AbortSignal) => Promise<boolean>;
  /** What comes before entities of the plugins are written; gives warnings, and throws nothing but the signal's reason. */
  readonly prepare: (
    schemas: readonly PluginSchema[],
  ) => (changes: readonly Change[], signal: AbortSignal) => Promise<readonly string[]>;
};

export type PlaneCheckOptions = {
  /** The schemas of this product's plugins, of this version. */
  readonly schemas: readonly PluginSchema[];
  /** Names of the plugins that domains use. */
  readonly plugins: ReadonlySet<string>;
  /** The control plane was read; rejects where it cannot be. */
  readonly reached: Promise<unknown>;
};

/** What `doctor` looks at in this type of control plane alone; no answer where it does not apply, and what it throws is a failure. */
export type PlaneCheck<C> = {
  readonly name: CheckName;
  readonly run: (config: C, options: PlaneCheckOptions, signal: AbortSignal) => Promise<readonly Diagnosis[]>;
};

/** Data planes of a control plane, as it knows them at one moment. */
export type Nodes = {
  /** The configuration that each should have; undefined: the control plane does not say. */
  readonly expectedHash?: string;
  /** Those that are connected; `hash`: what they have, as they said last. */
  readonly connected: readonly { readonly name: string; readonly hash?: string }[];
};

/** What an API of a control plane measures of its requests. */
export type Measure = {
  readonly metric: 'error_rate' | 'upstream_latency_p99';
  readonly windowSeconds: number;
};

/** Throws PrivatelinkError. */
export type ReadNodes = (signal: AbortSignal) => Promise<Nodes>;

/** What was measured over the last whole minutes of a window: percent or milliseconds, and of how many requests; no value where it knows of none. */
export type Measured = { readonly value?: number; readonly requests: number };

/** Throws PrivatelinkError. */
export type TakeMeasure = (measure: Measure, signal: AbortSignal) => Promise<Measured>;

/** All that differs from one type of control plane to another; `C` is its part of the configuration. Nobody else asks for the type. */
export type Backend<C> = {
  /** What reads and writes the control plane for `owner`; no IO. It takes entities or a whole document, and says which. */
  readonly connect: (config: C, owner: string, options: BackendOptions) => ControlPlane;
  /**
   * Tells it from any other, without asking it. All of the configuration but what may change in one control plane (secrets, pace, how it is reached): a field
   * that is left out lets a plan for one place apply to another.
   */
  readonly identify: (config: C) => PlaneIdentity;
  /** What the control plane itself says that it is; absent: it has no id. Throws PrivatelinkError. */
  readonly readId?: (config: C, signal: AbortSignal) => Promise<string>;
  /** Where decK would write, in the words of a decK file; absent: it names no place. */
  readonly deckPlace?: (config: C) => { readonly controlPlaneName?: string; readonly workspace?: string };
  /** How many writes are made at once; absent: one. */
  readonly concurrency?: (config: C) => number;
  /** The most entities of one kind that it holds; absent: it sets no limit. */
  readonly mostOfKind?: (config: C) => number | undefined;
  /** Where its entities can be looked at one by one, also those of others; absent: nowhere. */
  readonly openEntities?: (config: C, signal: AbortSignal) => Promise<EntityApi | undefined>;
  /** All entities that it holds, of all people; absent: nobody can tell. Throws PrivatelinkError. */
  readonly readAll?: (config: C, signal: AbortSignal) => Promise<readonly HeldEntity[]>;
  /** Why nothing that people wrote can be taken over there; absent: it can. */
  readonly whyNoAdoption?: Problem;
  /** Absent: it takes no schema, its nodes bring them. */
  readonly schemas?: (config: C) => PluginSchemas;
  readonly checks?: readonly PlaneCheck<C>[];
  /** Gives what reads which data planes are connected, and what they have; no IO. Absent, or undefined: it does not know. */
  readonly readNodes?: (config: C) => ReadNodes | undefined;
  /** Gives what measures; no IO. Absent, or undefined: it measures nothing. */
  readonly measure?: (config: C) => TakeMeasure | undefined;
};

/** The same for one configuration: what the rest of the product asks. */
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
