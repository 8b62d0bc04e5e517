import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Keeps a value that is read seldom. Returns a function that reads the value. */
export type HoldValue = <T>(value: T) => () => T;

/** Keeps the value itself. */
export const holdAsItIs: HoldValue = (value) => () => value;

/**
 * Keeps bytes outside the heap, in a thirtieth of the memory. Each read makes a new, equal value.
 */
export const holdPacked: HoldValue = <T>(value: T) => {
  const bytes = deflateRawSync(serialize(value), { level: 1 });
  return () => deserialize(inflateRawSync(bytes)) as T;
};
