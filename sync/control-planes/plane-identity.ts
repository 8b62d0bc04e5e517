import { z } from 'zod';

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
