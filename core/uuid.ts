// biome-ignore lint/correctness/noNodejsModules: createHash is the one pure function that node lends to the core.
import { createHash } from 'node:crypto';

/** Namespace of every id that the product gives; any fixed UUID would do, this one must never change. */
const namespace = Buffer.from('6f1b2c0e9d3a5c4785e1b7a4f0d2c396', 'hex');

/** RFC 9562 version 5 UUID of `name` in the product's namespace. */
export function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
