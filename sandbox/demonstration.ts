import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../core/errors';
import { type AwsWorld, createWorld } from './aws/world';
import { accounts, ask, homeZone, openT0, region, type T0 } from './estates/t0';
import type { Hop as GatewayHop } from './gateway/proxy';
import { type Loopback, openLoopback } from './loopback';
import { openProduct, type Product } from './product';
import type { Hop, Story, StoryEvent, Trip } from './story';

/** Told as it happens, for a person who watches. */
export type Narrator = {
  readonly opening: (loopback: Loopback) => void;
  readonly event: (event: StoryEvent) => void;
};

export type Demonstration = {
  readonly story: Story;
  readonly product: Product;
  readonly estate: T0;
  readonly close: () => Promise<void>;
};

/** Runs estate T0 from an empty control plane through a recreated endpoint and a rejected connection; stops between them when aborted. */
export async function demonstrate(narrator: Narrator, signal: AbortSignal): Promise<Demonstration> {
  const stage = await openStage(signal);
  narrator.opening(stage.loopback);
  try {
    const events: StoryEvent[] = [];
    for (const act of acts) {
      signal.throwIfAborted();
      const event = await act(stage);
      events.push(event);
      narrator.event(event);
    }
    const [first] = events;
    const ok = events.every((event) => event.trip.ok);
    return { ...stage, story: { ok, nonce: first?.trip.nonce ?? '', hops: first?.trip.hops ?? [], events } };
  } catch (thrown) {
    await stage.close();
    // What the stop broke is not what went wrong.
    signal.throwIfAborted();
    throw thrown;
  }
}

type Stage = {
  readonly world: AwsWorld;
  readonly loopback: Loopback;
  readonly product: Product;
  readonly estate: T0;
  readonly gatewayHops: GatewayHop[];
  readonly zoneOf: (address: string) => string | undefined;
  readonly close: () => Promise<void>;
};

async function openStage(signal: AbortSignal): Promise<Stage> {
  const world = createWorld();
  const loopback = await openLoopback();
  const gatewayHops: GatewayHop[] = [];
  const onHop = (hop: GatewayHop) => void gatewayHops.push(hop);
  const product = await openProduct({
    world,
    account: accounts.gateway,
    region,
    zoneId: homeZone,
    domains: ['egress', 'sd2'],
    onHop,
    signal,
  });
  const estate = await openT0({ world, loopback, gateway: product.gateway });
  const zoneOf = (address: string) => {
    const ip = address.slice(0, address.lastIndexOf(':'));
    return world.interfaces().find((one) => one.ip === ip && loopback.isDistinct)?.zone.id;
  };
  const close = async () => {
    await estate.close();
    await product.close();
  };
  return { world, loopback, product, estate, gatewayHops, zoneOf, close };
}

type Act = (stage: Stage) => Promise<StoryEvent>;

const acts: readonly Act[] = [
  async (stage) => {
    // The plugin begins to discover with the first request, which may be served by Kong's balancer instead.
    const warmUp = async () => {
      await travel(stage);
      await stage.product.settle();
    };
    return synchronise('SD2 and egress are connected: their endpoints carry the tag kong:domain', stage, warmUp);
  },
  async (stage) => {
    const { old } = await stage.estate.recreateSd2();
    const event = await synchronise("SD2's endpoint was deleted and made anew, with other addresses", stage, () =>
      old.close(),
    );
    return mustNotReach(old.addresses, event);
  },
  async (stage) => {
    const second = await stage.estate.connectSecond();
    const waiting = await stage.product.run('sync');
    stage.world.reject(second.endpointId);
    const event = await synchronise('a second connection to SD2 waited for acceptance, and SD2 rejected it', stage);
    const reached = second.provider.requests().length > 0;
    return reached || changesOf(waiting).length > 0
      ? broken(event, 'an endpoint that was never accepted was used')
      : event;
  },
];

/** Discovers and synchronises, waits for the data plane, does `before` and then sends a request from SD1. */
async function synchronise(
  what: string,
  stage: Stage,
  before: () => Promise<void> = async () => {},
): Promise<StoryEvent> {
  const { product } = stage;
  const discovered = discoveredSchema.parse(await product.run('discover')).endpoints.map(describeEndpoint);
  const changed = changesOf(await product.run('sync'));
  await product.settle();
  await before();
  return { what, discovered, changed, trip: await travel(stage) };
}

const discoveredSchema = z.object({
  endpoints: z.array(
    z.object({ id: z.string(), domain: z.string(), state: z.string(), reason: z.string().optional() }),
  ),
});

function describeEndpoint({
  id,
  domain,
  state,
  reason,
}: z.infer<typeof discoveredSchema>['endpoints'][number]): string {
  return `${domain} ${id} ${state}${reason ? ` (${reason})` : ''}`;
}

const reportSchema = z.object({
  changes: z.array(z.object({ action: z.string(), kind: z.string(), key: z.string(), reason: z.string() })),
});

function changesOf(report: unknown): readonly string[] {
  return reportSchema
    .parse(report)
    .changes.map(({ action, kind, key, reason }) => `${action} ${kind} ${key}: ${reason}`);
}

const answerSchema = z.object({ domain: z.literal('sd2'), onPremises: z.object({ nonce: z.string() }) });

/** SD1 asks SD2 through the gateway; the answer must hold what on-premises made up for this request. */
async function travel({ estate, gatewayHops, zoneOf }: Stage): Promise<Trip> {
  const traceId = randomUUID();
  const startMs = performance.now();
  try {
    const { body } = await ask(estate.sd1Door, '/sd2/orders', traceId);
    const latencyMs = performance.now() - startMs;
    const door: Hop = {
      from: 'sd1',
      to: 'gateway',
      address: estate.sd1Door,
      zoneId: homeZone,
      reason: "SD1's own endpoint to the gateway",
      latencyMs,
    };
    const through = gatewayHops.filter((hop) => hop.requestId === traceId).map((hop) => toHop(hop, zoneOf));
    const hops = inOrder([door, ...through, ...estate.takeHops(traceId)]);
    const parsed = answerSchema.safeParse(body);
    if (!parsed.success) return { ok: false, nonce: '', hops, problem: `the answer was ${JSON.stringify(body)}` };
    const problem = problemOf(hops);
    return { ok: !problem, nonce: parsed.data.onPremises.nonce, hops, problem };
  } catch (thrown) {
    return { ok: false, nonce: '', hops: [], problem: messageOf(thrown) };
  }
}

const legs = ['sd1 gateway', 'gateway sd2', 'sd2 gateway', 'gateway egress', 'egress on-premises'];

function inOrder(hops: readonly Hop[]): readonly Hop[] {
  const rank = ({ from, to }: Hop) => legs.indexOf(`${from} ${to}`);
  return [...hops].sort((a, b) => rank(a) - rank(b));
}

function problemOf(hops: readonly Hop[]): string | undefined {
  const missing = legs.filter((leg) => !hops.some(({ from, to }) => `${from} ${to}` === leg));
  return missing.length > 0 ? `no hop was seen for ${missing.join(', ')}` : undefined;
}

function toHop({ service, chosenBy, address = 'none', latencyMs }: GatewayHop, zoneOf: Stage['zoneOf']): Hop {
  const zoneId = zoneOf(address);
  return { from: 'gateway', to: service, address, zoneId, reason: reasonOf(chosenBy, zoneId), latencyMs };
}

function reasonOf(chosenBy: GatewayHop['chosenBy'], zoneId: string | undefined): string {
  if (chosenBy === 'balancer') return "Kong's balancer, any zone";
  if (!zoneId) return 'plugin, zone unknown';
  return zoneId === homeZone ? `plugin, same zone as the data plane` : `plugin, no target in ${homeZone}`;
}

function mustNotReach(addresses: readonly string[], event: StoryEvent): StoryEvent {
  const stale = event.trip.hops.find(
    (hop) => hop.to === 'sd2' && addresses.includes(hop.address.slice(0, hop.address.lastIndexOf(':'))),
  );
  return stale && addresses.length > 1 ? broken(event, `the request went to ${stale.address}, which is gone`) : event;
}

function broken(event: StoryEvent, problem: string): StoryEvent {
  return { ...event, trip: { ...event.trip, ok: false, problem } };
}
