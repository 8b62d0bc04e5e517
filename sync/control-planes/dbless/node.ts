import { z } from 'zod';
import type { Nodes } from '../backend';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';

const path = '/status';
const status = z.object({ configuration_hash: z.string().min(1) });

/** Kong's hash when it has no configuration. */
const noConfiguration = /^0*$/;

/** Returns the hash that a node reports. Undefined: it has no configuration. */
export function configurationOf(hash: string): string | undefined {
  return noConfiguration.test(hash) ? undefined : hash;
}

/** Reads the node as its own data plane: its configuration is the expected one. */
export async function readOwnNode(http: Http, name: string, signal: AbortSignal): Promise<Nodes> {
  const parsed = status.safeParse(await http({ method: 'GET', path }, signal));
  if (!parsed.success) throw shapeError(`GET ${path}`, parsed.error);
  const hash = configurationOf(parsed.data.configuration_hash);
  return { expectedHash: hash, connected: [{ name, hash }] };
}
