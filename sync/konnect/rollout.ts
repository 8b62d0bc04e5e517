import { z } from 'zod';
import type { Rollout } from '../control-plane';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';
import { nodePages, readPages } from '../kong-api/pages';

/** Data planes ping every 30 s; who missed two pings in a row is gone, though Konnect goes on listing it for days. */
export const freshPingMs = 60_000;

const nodes = nodePages(z.object({ config_hash: z.string().nullish(), last_ping: z.number().nullish() }));
const expectation = z.object({ expected_hash: z.string().min(1) });

/** Counts connected data planes, and those that run what the control plane expects. `plane` is the control plane's path. */
export async function readRollout(
  http: Http,
  { plane, nowMs }: { readonly plane: string; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Rollout> {
  const listed = await readPages(http, { path: `${plane}/nodes`, shape: nodes }, signal);
  const connected = listed.filter((node) => nowMs - (node.last_ping ?? 0) * 1_000 <= freshPingMs);
  if (connected.length === 0) return { nodes: 0, inSync: 0 };
  const hash = await readExpectedHash(http, plane, signal);
  const inSync = connected.filter((node) => node.config_hash === hash);
  return { nodes: connected.length, inSync: inSync.length, hash };
}

/** The hash of the configuration that data planes should run: it changes with every change of the control plane. */
export async function readExpectedHash(http: Http, plane: string, signal: AbortSignal): Promise<string> {
  const path = `${plane}/expected-config-hash`;
  const expected = expectation.safeParse(await http({ method: 'GET', path }, signal));
  if (expected.success) return expected.data.expected_hash;
  throw shapeError(`GET ${path}`, expected.error);
}
