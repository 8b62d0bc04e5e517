import type { JsonObject } from '#core/model';
import { type CallerJudgement, type CallerRequest, judgeCaller } from './judge';

/** The entity of `privatelink-callers` that a request meets. */
export type CallersEntity = { readonly id: string; readonly config: JsonObject };

/** The result; without a verdict nobody could judge, and the request is refused. */
export type Judged = Omit<CallerJudgement, 'verdict'> & { readonly verdict?: string };

/** Runs the access phase of the `privatelink-callers` plugin; `judge` never rejects. */
export type CallersRunner = {
  readonly judge: (plugin: CallersEntity, request: CallerRequest) => Promise<Judged>;
  readonly close: () => Promise<void>;
};

/** Kong's defaults for missing fields. */
const defaults = { domain: '', mode: 'observe', on_missing: 'allow', callers: '', others: '' };

/** The configuration as the plugin gets it: texts alone. */
export function callersConfig(config: JsonObject): typeof defaults {
  const told = Object.entries(config).filter((entry) => typeof entry[1] === 'string');
  return { ...defaults, ...Object.fromEntries(told) };
}

/** The plugin where there is no LuaJIT. */
export const plainCallers: CallersRunner = {
  judge: async ({ config }, request) => judgeCaller(callersConfig(config), request),
  close: async () => {},
};
