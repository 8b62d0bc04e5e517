import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '#core/errors';
import { createWorld } from './aws/world/world';
import type { Estate, Ground, Prepare, Stage } from './estates/estate';
import type { Hop as GatewayHop } from './gateway/proxy/proxy';
import { openLoopback } from './network/loopback';
import { openAll } from './opened';
import { openProduct } from './product';
import {
  actionsSchema,
  changesSchema,
  describeActions,
  describeChanges,
  describeQuarantined,
  quarantinedSchema,
} from './reported';
import type { Hop, StoryEvent, Trip } from './story';

export type OpenStage = Stage & {
  readonly title: string;
  readonly estate: Estate;
  readonly close: () => Promise<void>;
};

/** Builds an estate with the product in it, before the first synchronisation. */
export function openStage(prepare: Prepare, signal: AbortSignal): Promise<OpenStage> {
  return openAll(async (opened) => {
    const ground = { world: createWorld(), loopback: await openLoopback() };
    const { title, setting, open, close } = await prepare(ground);
    if (close) opened.add({ close });
    const gatewayHops: GatewayHop[] = [];
    const onHop = (hop: GatewayHop) => void gatewayHops.push(hop);
    const product = opened.add(await openProduct({ world: ground.world, setting, onHop, signal }));
    const estate = opened.add(await open(product.gateway));
    const travel = () => travelOnce({ ...ground, estate, gatewayHops, homeZone: setting.zoneId });
    const discover = async () => seenIn(await product.run('discover'));
    const synchronise: Stage['synchronise'] = async (what, before = async () => {}, look = discover) => {
      // Neither waits for the other: each starts a process, and only sync writes.
      const [seen, report] = await Promise.all([look(), product.run('sync')]);
      const changed = changesOf(report);
      await product.settle();
      await before();
      return { what, ...seen, changed, trip: await travel() };
    };
    const hopsOf = (traceId: string) => hopsIn(gatewayHops, traceId, { ...ground, homeZone: setting.zoneId });
    return { ...ground, title, product, estate, discover, synchronise, travel, hopsOf, close: opened.close };
  });
}

const discoveredSchema = z.object({
  endpoints: z.array(
    z.object({ id: z.string(), domain: z.string(), state: z.string(), reason: z.string().optional() }),
  ),
  quarantined: quarantinedSchema,
  findings: z.array(z.object({ code: z.string(), reason: z.string(), fix: z.string() })),
});

function seenIn(answer: unknown): Pick<StoryEvent, 'discovered' | 'findings'> {
  const { endpoints, quarantined, findings } = discoveredSchema.parse(answer);
  return {
    discovered: [...endpoints.map(describeEndpoint), ...describeQuarantined(quarantined)],
    findings: findings.map(({ code, reason, fix }) => `${code}: ${reason}. Fix: ${fix}`),
  };
}

function describeEndpoint({
  id,
  domain,
  state,
  reason,
}: z.infer<typeof discoveredSchema>['endpoints'][number]): string {
  return `${domain} ${id} ${state}${reason ? ` (${reason})` : ''}`;
}

const reportSchema = z.object({
  changes: changesSchema,
  publications: z.array(z.object({ changes: changesSchema })).default([]),
  contracts: actionsSchema.default({ actions: [] }),
});

function changesOf(report: unknown): readonly string[] {
  const { changes, publications, contracts } = reportSchema.parse(report);
  const written = describeChanges([...changes, ...publications.flatMap((one) => one.changes)]);
  return [...written, ...describeActions(contracts)];
}

type Road = Ground & {
  readonly estate: Estate;
  readonly gatewayHops: readonly GatewayHop[];
  readonly homeZone: string;
};

async function travelOnce(road: Road): Promise<Trip> {
  const { estate, gatewayHops } = road;
  const traceId = randomUUID();
  try {
    const nonce = await estate.send(traceId);
    const hops = inOrder([...hopsIn(gatewayHops, traceId, road), ...estate.takeHops(traceId)], estate.legs);
    const problem = problemOf(hops, estate.legs);
    return { ok: !problem, nonce, hops, problem };
  } catch (thrown) {
    return { ok: false, nonce: '', hops: [], problem: messageOf(thrown) };
  }
}

function inOrder(hops: readonly Hop[], legs: readonly string[]): readonly Hop[] {
  const rank = ({ from, to }: Hop) => legs.indexOf(`${from} ${to}`);
  return [...hops].sort((a, b) => rank(a) - rank(b));
}

function problemOf(hops: readonly Hop[], legs: readonly string[]): string | undefined {
  const missing = legs.filter((leg) => !hops.some(({ from, to }) => `${from} ${to}` === leg));
  return missing.length > 0 ? `no hop was seen for ${missing.join(', ')}` : undefined;
}

type Terrain = Ground & Pick<Road, 'homeZone'>;

/** Returns the hops of one request, or the refusal at the gateway. */
function hopsIn(all: readonly GatewayHop[], traceId: string, map: Terrain): readonly Hop[] {
  return all.filter((hop) => hop.requestId === traceId).map((hop) => toHop(hop, map));
}

function toHop({ service, chosenBy, address, status, problem, latencyMs }: GatewayHop, map: Terrain): Hop {
  const hop = { from: 'gateway', to: service, address: address ?? 'none', latencyMs };
  if (address === undefined) return { ...hop, reason: `answered with ${status}: ${problem}` };
  const zoneId = zoneOf(address, map);
  return { ...hop, zoneId, reason: reasonOf(chosenBy, zoneId, map.homeZone) };
}

function zoneOf(address: string, { world, loopback }: Ground): string | undefined {
  if (!loopback.isDistinct) return undefined;
  const ip = address.slice(0, address.lastIndexOf(':'));
  const instances = world.instances().map(({ network, zone }) => ({ ip: network?.ip, zone }));
  return [...world.interfaces(), ...instances].find((one) => one.ip === ip)?.zone.id;
}

function reasonOf(chosenBy: GatewayHop['chosenBy'], zoneId: string | undefined, homeZone: string): string {
  if (chosenBy === 'balancer') return "Kong's balancer, any zone";
  if (!zoneId) return 'plugin, zone unknown';
  if (zoneId === homeZone) return 'plugin, same zone as the data plane';
  const isSameRegion = zoneId.split('-')[0] === homeZone.split('-')[0];
  return isSameRegion
    ? `plugin, same region, no target in ${homeZone}`
    : `plugin, no target in the region of ${homeZone}`;
}
