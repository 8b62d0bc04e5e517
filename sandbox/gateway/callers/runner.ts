import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#core/model';
import type { Exit } from '../proxy/routing';

/** The entity of `privatelink-callers` that a request meets. */
export type CallersEntity = { readonly id: string; readonly config: JsonObject };

export type Called = {
  /** The value of TLV 0xEA of the connection; absent: it has none. */
  readonly caller?: Buffer;
  /** By names in lower case, as they would go to the provider. */
  readonly headers: IncomingHttpHeaders;
};

export type Judgement = {
  /** What it was logged as (`privatelink.verdict`), if it was. */
  readonly verdict?: string;
  /** Answered here, without the provider. */
  readonly exit?: Exit;
  /** As they go to the provider. */
  readonly headers: IncomingHttpHeaders;
};

/** Runs the access phase of the `privatelink-callers` plugin; it never rejects, and refuses what it cannot judge. */
export type CallersRunner = {
  readonly judge: (plugin: CallersEntity, called: Called) => Promise<Judgement>;
  readonly close: () => Promise<void>;
};

/** What Kong fills in where an entity says nothing. */
const defaults = { mode: 'observe', on_missing: 'allow', callers: '', others: '' };

/** The configuration as the plugin gets it: texts alone. */
export function callersConfig(config: JsonObject): Readonly<Record<string, string>> {
  const told = Object.entries(config).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { ...defaults, ...Object.fromEntries(told) };
}
