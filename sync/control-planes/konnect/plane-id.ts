import { z } from 'zod';
import { PrivatelinkError, type Problem } from '#core/errors';
import { idSchema } from '#deck/held';
import { shapeError } from '../kong-api/errors';
import type { Http } from '../kong-api/http';
import { numberedPages, readPages } from '../kong-api/pages';
import { segmentOf } from '../kong-api/paths';

/**
 * Kinds of control plane with entities that are written elsewhere: in members of a group, or in
 * Kubernetes.
 */
const refusedTypes: ReadonlyMap<string, Problem> = new Map([
  ['CLUSTER_TYPE_CONTROL_PLANE_GROUP', { reason: 'a control plane group', fix: 'name one of its members' }],
  [
    'CLUSTER_TYPE_K8S_INGRESS_CONTROLLER',
    { reason: 'managed from Kubernetes', fix: 'name a control plane that Kubernetes does not manage' },
  ],
]);

/** A control plane, as Konnect lists it. */
export const listedPlane = z.object({
  id: idSchema,
  name: z.string(),
  labels: z.record(z.string(), z.string().nullish()).nullish(),
  config: z.object({ cluster_type: z.string().nullish() }).nullish(),
});

export type ListedPlane = z.infer<typeof listedPlane>;

const listSchema = z.object({ data: z.array(listedPlane) });

/** The list of all control planes. */
export const planesPath = '/v2/control-planes';

/** Why its entities cannot be written, and what to name instead. Undefined: they can. */
export function whyRefused({ config }: ListedPlane): Problem | undefined {
  return refusedTypes.get(config?.cluster_type ?? '');
}

/**
 * Returns the id of the control plane with this name. Throws PrivatelinkError when there is none,
 * or when it cannot be written.
 */
export async function resolveControlPlane(http: Http, name: string, signal: AbortSignal): Promise<string> {
  const found = (await list(http, { 'filter[name][eq]': name }, signal)).find((one) => one.name === name);
  if (!found) throw await unknownError(http, name, signal);
  const refusal = whyRefused(found);
  if (!refusal) return found.id;
  throw new PrivatelinkError(`controlPlane.name: "${name}" is ${refusal.reason}`, {
    code: 'CONFIG_INVALID',
    fix: refusal.fix,
  });
}

/**
 * Returns the sorted names of all writable control planes that the token sees. Throws
 * PrivatelinkError.
 */
export async function listWritablePlanes(http: Http, signal: AbortSignal): Promise<readonly string[]> {
  const pages = { path: planesPath, shape: numberedPages(listedPlane), fixes: listFixes };
  const found = await readPages(http, pages, signal);
  return [...new Set(found.filter((one) => !whyRefused(one)).map(({ name }) => name))].sort();
}

/** Path of a control plane from the root. */
export function planePath(id: string): string {
  return `${planesPath}/${segmentOf(id)}`;
}

/** Every Konnect account has this list, so a 404 is no Konnect. */
const noKonnect = {
  code: 'CONTROL_PLANE_UNKNOWN',
  fix: "set controlPlane.address to the address of Konnect's API in your region, such as https://us.api.konghq.com, or use controlPlane.type admin for a Kong of your own",
} as const;
export const listFixes = { 404: noKonnect, 405: noKonnect };

async function list(http: Http, query: Readonly<Record<string, string>>, signal: AbortSignal) {
  const path = `${planesPath}?${new URLSearchParams(query)}`;
  const parsed = listSchema.safeParse(await http({ method: 'GET', path, fixes: listFixes }, signal));
  if (!parsed.success) throw shapeError(`GET ${path}`, parsed.error);
  return parsed.data.data;
}

/** Lists the first hundred existing control planes, which is nearly always all of them. */
async function unknownError(http: Http, name: string, signal: AbortSignal): Promise<PrivatelinkError> {
  const existing = (await list(http, { 'page[size]': '100' }, signal)).map((one) => one.name).sort();
  const names = existing.length > 0 ? existing.join(', ') : 'none';
  return new PrivatelinkError(`controlPlane.name: no control plane "${name}" at controlPlane.address`, {
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: `this token may see: ${names}`,
  });
}
