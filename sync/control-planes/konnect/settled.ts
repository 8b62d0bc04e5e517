import { z } from 'zod';
import type { Nodes } from '../backend';
import type { Rollout } from '../control-plane';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';
import { nodePages, readPages } from '../kong-api/pages';
import type { Plane } from './plane';

/**
 * Data planes ping every 30 s. After two missed pings a data plane is gone, though Konnect lists it
 * for days.
 */
const freshPingMs = 60_000;

/** Whether the data plane is connected. Both times are Konnect's. */
function isFresh({ last_ping }: { readonly last_ping?: number | null }, nowMs: number): boolean {
  return nowMs - (last_ping ?? 0) * 1_000 <= freshPingMs;
}

const nodes = nodePages(
  z.object({
    id: z.string().nullish(),
    hostname: z.string().nullish(),
    version: z.string().nullish(),
    config_hash: z.string().nullish(),
    last_ping: z.number().nullish(),
    compatibility_status: z.object({ state: z.string().nullish() }).nullish(),
  }),
);

/** A connected data plane, as Konnect shows it. Absent fields are unknown. */
export type ConnectedNode = {
  readonly name: string;
  readonly hash?: string;
  readonly version?: string;
  /** Konnect's word for whether it can use the configuration. */
  readonly state?: string;
};

/** Reads the connected data planes. Throws PrivatelinkError. */
export async function readConnected(
  { http, path, now }: Omit<Plane, 'id'>,
  signal: AbortSignal,
): Promise<readonly ConnectedNode[]> {
  const listed = await readPages(http, { path: `${path}/nodes`, shape: nodes }, signal);
  return listed
    .filter((node) => isFresh(node, now()))
    .map((node) => ({
      name: nodeName(node),
      hash: node.config_hash || undefined,
      version: node.version ?? undefined,
      state: node.compatibility_status?.state ?? undefined,
    }));
}

const expectation = z.object({ expected_hash: z.string().min(1) });

/**
 * Reads the connected data planes, and then the expected hash: a data plane that has it already had
 * it before.
 */
export async function readPlaneNodes(plane: Omit<Plane, 'id'>, signal: AbortSignal): Promise<Nodes> {
  const connected = (await readConnected(plane, signal)).map(({ name, hash }) => ({ name, hash }));
  if (connected.length === 0) return { connected };
  return { connected, expectedHash: await readExpectedHash(plane.http, plane.path, signal) };
}

function nodeName({ id, hostname }: { readonly id?: string | null; readonly hostname?: string | null }): string {
  return [hostname || 'without name', id && `(${id})`].filter(Boolean).join(' ');
}

/** Counts the connected data planes, and those that run the expected configuration. */
export async function readRollout(plane: Omit<Plane, 'id'>, signal: AbortSignal): Promise<Rollout> {
  const { connected, expectedHash: hash } = await readPlaneNodes(plane, signal);
  if (hash === undefined) return { nodes: 0, inSync: 0 };
  return { nodes: connected.length, inSync: connected.filter((node) => node.hash === hash).length, hash };
}

/**
 * Reads the hash of the configuration that data planes should run. It changes with every change of
 * the control plane.
 */
export async function readExpectedHash(http: Http, plane: string, signal: AbortSignal): Promise<string> {
  const path = `${plane}/expected-config-hash`;
  const expected = expectation.safeParse(await http({ method: 'GET', path }, signal));
  if (expected.success) return expected.data.expected_hash;
  throw shapeError(`GET ${path}`, expected.error);
}
