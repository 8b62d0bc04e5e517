import type { SourceConfig, VpcEndpointsConfig } from '#config/schema';
import { configSchema } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { createAwsAccess } from '#discovery/aws/access';
import { createResolver } from '#discovery/providers/resolver';
import type { SeenScope } from '#discovery/seen/model';
import { openSeen, readOwnRegions } from '#discovery/sources';
import { systemClock } from '#io/clock';
import type { Adoptable } from '../../adopt/adoptable';
import { readAdoptable } from '../../adopt/read';
import { backendOf } from '../../control-planes/backends';
import { createHttp } from '../../control-planes/kong-api/http';
import { konnectApi } from '../../control-planes/konnect/api';
import { listWritablePlanes } from '../../control-planes/konnect/plane-id';
import { allowFor, type RegionSeen } from './config-text';

export type Konnect = { readonly address: string; readonly token: string };

/** Parallel calls. */
const concurrency = 4;

/**
 * Lists the control planes that the token may write, sorted by name. Throws PrivatelinkError, also
 * where the list is empty.
 */
export async function listPlanes({ address, token }: Konnect, signal: AbortSignal): Promise<readonly string[]> {
  const http = createHttp({ api: konnectApi, address, token, concurrency, clock: systemClock });
  const names = await listWritablePlanes(http, signal);
  if (names.length > 0) return names;
  throw new PrivatelinkError(`the token sees no control plane at ${address} that can be written`, {
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: 'give the token a role for a control plane (Konnect: Organization, Teams), create one, or name another region with --address',
  });
}

type Asking = { readonly regions: readonly string[]; readonly endpoint?: string };

/**
 * Returns the regions to read: the named regions, else AWS's enabled regions, else the region of
 * the environment. Throws PrivatelinkError.
 */
export async function regionsToAsk(
  { regions, endpoint }: Asking,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (regions.length > 0) return regions;
  const own = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const aws = createAwsAccess(systemClock);
  try {
    return await readOwnRegions({ region: own ?? 'us-east-1', endpoint }, { aws, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof PrivatelinkError) || thrown.code === 'CREDENTIALS') throw thrown;
    if (own) return [own];
    throw new PrivatelinkError(`the list of regions cannot be read: ${thrown.reason}`, {
      code: thrown.code,
      fix: 'name the regions with --region, or allow ec2:DescribeRegions',
      cause: thrown,
    });
  }
}

/**
 * Returns the only source of a first configuration. Throws PrivatelinkError (CONFIG_INVALID) for an
 * invalid region or address.
 */
export function sourceIn({ regions, endpoint }: Asking): VpcEndpointsConfig {
  const given = {
    name: 'hub',
    type: 'vpc-endpoints',
    regions,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...allowFor(endpoint),
  };
  const { data, error } = configSchema.shape.sources.safeParse([given]);
  const [source] = (data ?? []) as readonly SourceConfig[];
  if (source?.type === 'vpc-endpoints') return source;
  const said = error?.issues[0]?.message ?? 'they cannot be used';
  throw new PrivatelinkError(`--region ${regions.join(' --region ')}: ${said}`, {
    code: 'CONFIG_INVALID',
    fix: 'name regions such as us-east-1, each once',
  });
}

export type Looked = {
  readonly seen: readonly RegionSeen[];
  readonly unknown: readonly (SeenScope & { readonly status: 'unknown' })[];
};

type LookInput = Konnect & {
  readonly owner: string;
  readonly controlPlane: string;
  readonly source: VpcEndpointsConfig;
};

/**
 * Counts endpoints by region, and endpoints behind services of the control plane. Throws
 * PrivatelinkError where no region can be read.
 */
export async function look(
  { source, owner, address, token, controlPlane }: LookInput,
  signal: AbortSignal,
): Promise<Looked> {
  const { readAll } = backendOf({ type: 'konnect', address, token, name: controlPlane, concurrency });
  const { scopes, adoptable } = await readAdoptable(
    {
      owner,
      names: new Map(),
      others: { selectTags: [], baseNames: new Set() },
      readHeld: async (own) => (await readAll?.(own)) ?? [],
      readScopes: openSeen({ sources: [source] }, { clock: systemClock }),
      resolver: createResolver(),
    },
    signal,
  );
  const unknown = scopes.filter((one) => one.status === 'unknown');
  const [first] = unknown;
  if (first && unknown.length === scopes.length)
    throw new PrivatelinkError(`no region can be read: ${first.reason}`, {
      code: first.code,
      fix: 'give credentials that may call ec2:DescribeVpcEndpoints and ec2:DescribeNetworkInterfaces, or name other regions with --region',
    });
  return { seen: scopes.flatMap((scope) => seenIn(scope, adoptable)), unknown };
}

function seenIn(scope: SeenScope, adoptable: readonly Adoptable[]): readonly RegionSeen[] {
  if (scope.status === 'unknown') return [];
  const { endpoints } = scope;
  const led = new Set(adoptable.flatMap((one) => one.endpoints.map(({ id }) => id)));
  return [
    {
      region: scope.scope.region,
      endpoints: endpoints.length,
      tagged: endpoints.filter(({ tags, tagKeys }) => tags[tagKeys.domain] !== undefined).length,
      adoptable: endpoints.filter(({ id }) => led.has(id)).length,
    },
  ];
}
