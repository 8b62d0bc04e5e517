import { createHash } from 'node:crypto';

/** Namespace of every id that the product gives; any fixed UUID would do, this one must never change. */
const namespace = Buffer.from('6f1b2c0e9d3a5c4785e1b7a4f0d2c396', 'hex');

/** RFC 9562 version 5 UUID of `name` in the product's namespace. */
export function uuidOf(name: string): string {
  const hex = createHash('sha1').update(namespace).update(name).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
