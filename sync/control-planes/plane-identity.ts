import { z } from 'zod';
import { checksumOf } from '#core/json';

/**
 * Identity of a control plane in state and plan files: its place in the configuration, and its `id`
 * if it has one, so that a recreated control plane of the same name differs. Backends may add
 * fields.
 */
export const planeIdentitySchema = z.looseObject({
  type: z.string(),
  address: z.string().optional(),
  name: z.string().optional(),
  workspace: z.string().optional(),
  path: z.string().optional(),
  id: z.string().optional(),
});

export type PlaneIdentity = Readonly<z.infer<typeof planeIdentitySchema>>;

/** Returns the name of the control plane for messages. */
export function describePlane({ type, name, workspace, path, address, id }: PlaneIdentity): string {
  return [name ?? workspace ?? path ?? type, address && `at ${address}`, id && `(${id})`].filter(Boolean).join(' ');
}

/** Returns the name, without extension, of a stateDir file about one control plane. */
export function planeFile(what: string, owner: string, identity: PlaneIdentity): string {
  return `${prefixOf(what, owner)}${checksumOf(identity).slice(0, 12)}`;
}

/** Whether a JSON file of this name is about a control plane of the owner. */
export function isPlaneFile(name: string, what: string, owner: string): boolean {
  const prefix = prefixOf(what, owner);
  return name.startsWith(prefix) && /^[0-9a-f]{12}\.json$/.test(name.slice(prefix.length));
}

function prefixOf(what: string, owner: string): string {
  return `${what}.${owner}.`;
}
