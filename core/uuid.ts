import { createHash } from 'node:crypto';

/** Namespace of every id that the product makes. It is an arbitrary UUID, and must never change. */
const namespace = '6f1b2c0e-9d3a-5c47-85e1-b7a4f0d2c396';

/** RFC 9562 version 5 UUID of `name` in the product's namespace. */
export function uuidOf(name: string): string {
  return uuidIn(namespace, name);
}

/** RFC 9562 version 5 UUID of `name` in the namespace that a UUID names. */
export function uuidIn(space: string, name: string): string {
  const bytes = Buffer.from(space.replaceAll('-', ''), 'hex');
  const hex = createHash('sha1').update(bytes).update(name).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
