import type { JsonObject } from '#core/model';

/** One PDK call of the plugin, as on the wire. */
export type PdkCall = { readonly method: string; readonly args: readonly unknown[] };

export type Pdk = (method: string, args: readonly unknown[]) => Promise<unknown>;

/**
 * Kong's side of a plugin server's socket. Each call rejects with the server's words, or when the
 * server goes away.
 */
export type PluginServerDriver = {
  /** Returns the id of the instance; with the stock server ids start at 0. */
  readonly startInstance: (name: string, config: JsonObject) => Promise<number>;
  /** Runs a phase; `pdk` answers the plugin's calls. Gives the calls. */
  readonly handleEvent: (instanceId: number, phase: string, pdk: Pdk) => Promise<readonly PdkCall[]>;
  readonly close: () => void;
};
