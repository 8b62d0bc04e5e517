import { isEmpty, isJsonObject } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { configTag } from './tags';

/** A key in the held configuration that the wanted one lacks. */
export type TakenOut = {
  /** `config.redis.timeout`. */
  readonly path: string;
  readonly held: Json;
  /** Our configuration had the key. Otherwise it may also be a default of the control plane. */
  readonly isCertain: boolean;
};

type Configs = { readonly wanted: JsonObject; readonly held: JsonObject };

/** The keys that a plugin's configuration loses. The held `tags` tell which keys were written. */
export function takenOutOf(configs: Configs, tags: readonly string[]): readonly TakenOut[] {
  const wasWritten = (config: JsonObject) => tags.includes(configTag(config));
  const before = valuesBefore(configs);
  if (wasWritten(before)) return [];
  const extra = Object.keys(configs.held).filter((key) => !(key in configs.wanted));
  const alone = extra.find((key) => withKey(before, key, configs.held[key] ?? null).some(wasWritten));
  if (alone) return [{ path: `config.${alone}`, held: configs.held[alone] ?? null, isCertain: true }];
  return extrasIn(configs, 'config');
}

/** The wanted keys with the held values: the written configuration, when only values changed. */
function valuesBefore({ wanted, held }: Configs): JsonObject {
  const entries = Object.entries(wanted).map(([key, value]) => {
    const before = held[key] ?? value;
    const isNested = isJsonObject(value) && isJsonObject(before);
    return [key, isNested ? valuesBefore({ wanted: value, held: before }) : before];
  });
  return Object.fromEntries(entries);
}

/**
 * The configuration with one more key, in each possible place: the tag depends on the order of
 * keys.
 */
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
