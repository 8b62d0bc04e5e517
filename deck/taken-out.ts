import { isEmpty, isJsonObject } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { configTag } from './tags';

/** A key that the held configuration has and the wanted one has not. */
export type TakenOut = {
  /** `config.redis.timeout`. */
  readonly path: string;
  readonly held: Json;
  /** Our configuration had it; otherwise it may also be a default of the control plane. */
  readonly isCertain: boolean;
};

type Configs = { readonly wanted: JsonObject; readonly held: JsonObject };

/** What a plugin's configuration loses; `tags` are the held ones, which tell what was written. */
export function takenOutOf(configs: Configs, tags: readonly string[]): readonly TakenOut[] {
  const wasWritten = (config: JsonObject) => tags.includes(configTag(config));
  const before = valuesBefore(configs);
  if (wasWritten(before)) return [];
  const extra = Object.keys(configs.held).filter((key) => !(key in configs.wanted));
  const alone = extra.find((key) => withKey(before, key, configs.held[key] ?? null).some(wasWritten));
  if (alone) return [{ path: `config.${alone}`, held: configs.held[alone] ?? null, isCertain: true }];
  return extrasIn(configs, 'config');
}

/** The wanted keys with the held values: what was written when no more than values changed. */
function valuesBefore({ wanted, held }: Configs): JsonObject {
  const entries = Object.entries(wanted).map(([key, value]) => {
    const before = held[key] ?? value;
    const isNested = isJsonObject(value) && isJsonObject(before);
    return [key, isNested ? valuesBefore({ wanted: value, held: before }) : before];
  });
  return Object.fromEntries(entries);
}

/** The configuration with one key more, in each of its places, since the tag depends on their order. */
function withKey(config: JsonObject, key: string, value: Json): readonly JsonObject[] {
  const entries = Object.entries(config);
  return [...entries, undefined].map((_, at) =>
    Object.fromEntries([...entries.slice(0, at), [key, value], ...entries.slice(at)]),
  );
}

function extrasIn({ wanted, held }: Configs, path: string): readonly TakenOut[] {
  return Object.entries(held).flatMap(([key, value]): readonly TakenOut[] => {
    const inner = { path: `${path}.${key}`, held: value, isCertain: false };
    const wantedValue = wanted[key];
    if (wantedValue === undefined) return isEmpty(value) ? [] : [inner];
    const isNested = isJsonObject(wantedValue) && isJsonObject(value);
    return isNested ? extrasIn({ wanted: wantedValue, held: value }, inner.path) : [];
  });
}
