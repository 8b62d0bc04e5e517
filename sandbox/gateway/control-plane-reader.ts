import { Agent, request } from 'undici';
import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { groupBy } from '#core/group-by';
import { type GatewayConfig, plugin, route, service, target, upstream } from './entities';

export type ControlPlaneOptions = {
  /** Base of the API, such as `https://us.api.konghq.com`. */
  readonly address: string;
  readonly name: string;
  readonly token: string;
};

/**
 * A data plane's questions to its control plane. Every method throws PrivatelinkError, or the
 * signal's reason when aborted.
 */
export type ControlPlaneReader = {
  readonly readHash: (signal: AbortSignal) => Promise<string>;
  readonly readConfig: (signal: AbortSignal) => Promise<GatewayConfig>;
  readonly close: () => Promise<void>;
};

const timeoutMs = 60_000;

const planes = z.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) });
const expectation = z.object({ expected_hash: z.string() });

type Get = <T>(path: string, shape: z.ZodType<T>, signal: AbortSignal) => Promise<T>;

/**
 * Reads Konnect's API. Written independently of the product's own client, so that both cannot share
 * a mistake.
 */
export function createControlPlaneReader({ address, name, token }: ControlPlaneOptions): ControlPlaneReader {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  let root: Promise<string> | undefined;

  async function get<T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const url = new URL(path, address);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(url, { headers, dispatcher, signal }).catch((thrown) => {
      throw readError(`GET ${path} at ${address}: no answer`, thrown);
    });
    const body = await answer.body.text();
    if (answer.statusCode === 200) return parse(path, shape, body);
    throw readError(`GET ${path} at ${address}: status ${answer.statusCode}`);
  }

  async function rootOf(signal: AbortSignal): Promise<string> {
    root ??= findPlane(get, name, signal);
    return root.catch((thrown) => {
      root = undefined;
      throw thrown;
    });
  }

  return {
    readHash: async (signal) =>
      (await get(`${await rootOf(signal)}/expected-config-hash`, expectation, signal)).expected_hash,
    readConfig: async (signal) => readConfig(get, `${await rootOf(signal)}/core-entities`, signal),
    close: () => dispatcher.destroy(),
  };
}

async function findPlane(get: Get, name: string, signal: AbortSignal): Promise<string> {
  const query = new URLSearchParams({ 'filter[name][eq]': name });
  const { data } = await get(`/v2/control-planes?${query}`, planes, signal);
  const plane = data.find((one) => one.name === name);
  if (plane) return `/v2/control-planes/${plane.id}`;
  throw new PrivatelinkError(`no control plane named ${name}`, {
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: 'create it, or start the gateway with another name',
  });
}

async function readConfig(get: Get, root: string, signal: AbortSignal): Promise<GatewayConfig> {
  const [services, routes, upstreams, targets, plugins] = await Promise.all([
    readAll(get, `${root}/services`, service, signal),
    readAll(get, `${root}/routes`, route, signal),
    readAll(get, `${root}/upstreams`, upstream, signal),
    readAll(get, `${root}/targets`, target, signal),
    readAll(get, `${root}/plugins`, plugin, signal),
  ]);
  const targetsOf = groupBy(targets, (one) => one.upstream.id);
  const withTargets = upstreams.map((one) => {
    const own = targetsOf.get(one.id) ?? [];
    return { ...one, targets: own.map(({ target: address, weight, failover }) => ({ address, weight, failover })) };
  });
  return {
    services: new Map(services.map((one) => [one.id, one])),
    routes,
    upstreams: new Map(withTargets.map((one) => [one.name, one])),
    plugins,
  };
}

/** Follows the pages of a list; 1000 is Konnect's largest page. */
async function readAll<T>(get: Get, path: string, item: z.ZodType<T>, signal: AbortSignal): Promise<readonly T[]> {
  const page = z.object({ data: z.array(item), offset: z.string().nullish() });
  const items: T[] = [];
  let offset: string | undefined;
  do {
    const query = new URLSearchParams({ size: '1000', ...(offset && { offset }) });
    const answer = await get(`${path}?${query}`, page, signal);
    items.push(...answer.data);
    offset = answer.offset || undefined;
  } while (offset);
  return items;
}

function parse<T>(path: string, shape: z.ZodType<T>, body: string): T {
  try {
    return shape.parse(JSON.parse(body));
  } catch (thrown) {
    throw readError(`GET ${path}: an answer that the gateway does not understand`, thrown);
  }
}

function readError(reason: string, cause?: unknown): PrivatelinkError {
  return new PrivatelinkError(reason, {
    code: 'CONTROL_PLANE_FAILED',
    fix: 'the gateway goes on with what it has',
    cause,
  });
}
