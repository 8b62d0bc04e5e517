import { z } from 'zod';
import { checksumOf } from '#core/json';

/**
 * Which control plane something is for, as state and plan files hold it: all that the configuration says of where it is, and `id` where it
 * has one, so that one made anew under the old name differs. Backends may name more than what stands here.
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

/** For people. */
export function describePlane({ type, name, workspace, path, address, id }: PlaneIdentity): string {
  return [name ?? workspace ?? path ?? type, address && `at ${address}`, id && `(${id})`].filter(Boolean).join(' ');
}

/** What a file of stateDir is named that is about one control plane, without its ending. */
export function planeFile(what: string, owner: string, identity: PlaneIdentity): string {
  return `${prefixOf(what, owner)}${checksumOf(identity).slice(0, 12)}`;
}

/** Whether a file of this name, in JSON, is about any control plane of the owner. */
export function isPlaneFile(name: string, what: string, owner: string): boolean {
  const prefix = prefixOf(what, owner);
  return name.startsWith(prefix) && /^[0-9a-f]{12}\.json$/.test(name.slice(prefix.length));
}

function prefixOf(what: string, owner: string): string {
  return `${what}.${owner}.`;
}
