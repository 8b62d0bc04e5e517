import type { ControlPlaneConfig } from '#config/schema';

/** Which control plane something is for; `id` where it has one, so that one made anew under the old name differs. */
export type PlaneIdentity = {
  readonly type: string;
  readonly address?: string;
  readonly name?: string;
  readonly workspace?: string;
  readonly path?: string;
  readonly id?: string;
};

/** Tells the control plane of the configuration from any other, without asking it. */
export function identityIn(config: ControlPlaneConfig): PlaneIdentity {
  return {
    type: config.type,
    address: 'address' in config ? config.address : undefined,
    name: 'name' in config ? config.name : undefined,
    workspace: 'workspace' in config ? config.workspace : undefined,
    path: 'path' in config ? config.path : undefined,
  };
}

/** For people. */
export function describePlane({ type, name, workspace, path, address, id }: PlaneIdentity): string {
  return [name ?? workspace ?? path ?? type, address && `at ${address}`, id && `(${id})`].filter(Boolean).join(' ');
}
