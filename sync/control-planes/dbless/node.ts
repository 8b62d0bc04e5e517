import { z } from 'zod';
import type { Nodes } from '../backend';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';

const path = '/status';
const status = z.object({ configuration_hash: z.string().min(1) });

/** What Kong says of a configuration that it does not have. */
const noConfiguration = /^0*$/;

/** The hash that a node says that it has; undefined: no configuration. */
export function configurationOf(hash: string): string | undefined {
  return noConfiguration.test(hash) ? undefined : hash;
}

/** The node that is written to is the data plane, so that it should have what it has. */
export async function readOwnNode(http: Http, name: string, signal: AbortSignal): Promise<Nodes> {
  const parsed = status.safeParse(await http({ method: 'GET', path }, signal));
  if (!parsed.success) throw shapeError(`GET ${path}`, parsed.error);
  const hash = configurationOf(parsed.data.configuration_hash);
  return { expectedHash: hash, connected: [{ name, hash }] };
}
