import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Fault } from './aws/faults';
import { rememberWorld } from './aws/world/past-world';
import type { AwsWorld } from './aws/world/world';
import { startBlackHole } from './network/black-hole';
import type { Loopback } from './network/loopback';
import type { Product } from './product';
import { changesSchema, describeChanges, describeQuarantined, quarantinedSchema } from './reported';
import type { StoryEvent, Trip } from './story';

/**
 * The stage of a fault: an AWS to disturb, the product, and a request from SD1 to the end of the
 * chain.
 */
export type FaultStage = {
  readonly world: AwsWorld;
  readonly loopback: Loopback;
  readonly product: Pick<Product, 'inject' | 'syncInTrouble'>;
  /** A second connection to SD2's service, accepted; gives its endpoint. */
  readonly connectSecond: () => Promise<{ readonly endpointId: string }>;
  readonly travel: () => Promise<Trip>;
};

/** `awsUrl`: where the product looks for AWS meanwhile. */
type Begun = { readonly end: () => unknown; readonly awsUrl?: string };

type Trouble = { readonly what: string; readonly begin: (stage: FaultStage) => Begun | Promise<Begun> };

const hourMs = 3_600_000;

/** Each of AWS's bad days, in turn. */
const troubles: readonly Trouble[] = [
  list('AWS throttles the list of endpoints', { kind: 'throttle' }),
  list('AWS answers 500', { kind: 'error' }),
  list('an answer of AWS stops half-way, and nothing more comes', { kind: 'partial' }),
  list('AWS leaves out fields that it calls optional', { kind: 'omit', field: 'dnsEntrySet' }),
  list('AWS ends its lists with an empty token instead of none', { kind: 'emptyToken' }),
  list("AWS's clock is an hour ahead of ours", { kind: 'skew', aheadMs: hourMs }),
  list('the credentials have expired', { kind: 'expired' }),
  list('a proxy answers in place of AWS', { kind: 'garbage' }),
  {
    what: 'a second connection to SD2 is accepted, and the list does not show it yet',
    begin: async ({ world, product, connectSecond }) => {
      const past = rememberWorld(world);
      await connectSecond();
      return { end: product.inject({ kind: 'lag', past }) };
    },
  },
  {
    what: 'the list shows the second connection, and AWS does not find the interfaces that it names',
    begin: ({ world, product }) => {
      const second = world.endpoints().at(-1);
      const found = rememberWorld(world);
      const interfaces = new Set(second?.interfaces.map(({ id }) => id));
      const past = { ...found, interface: (id: string) => (interfaces.has(id) ? undefined : found.interface(id)) };
      return { end: product.inject({ kind: 'lag', past, action: 'DescribeNetworkInterfaces' }) };
    },
  },
];

const blackHole: Trouble = {
  what: "the interface of EC2's own endpoint is gone: nothing answers at its address",
  begin: async ({ loopback }) => {
    const [address = '127.0.0.1'] = loopback.allot(1);
    const { port, close } = await startBlackHole(address);
    return { end: close, awsUrl: `http://${address}:${port}` };
  },
};

function list(what: string, kind: Fault): Trouble {
  return { what, begin: ({ product }) => ({ end: product.inject({ ...kind, action: 'DescribeVpcEndpoints' }) }) };
}

/**
 * One event for each fault: discovery's report, an unchanged control plane, and the requests
 * meanwhile.
 */
export const faultActs: readonly ((stage: FaultStage) => Promise<StoryEvent>)[] = [
  ...troubles,
  // Only Linux drops connections at a full accept queue.
  ...(process.platform === 'linux' ? [blackHole] : []),
].map((trouble) => (stage) => show(trouble, stage));

async function show({ what, begin }: Trouble, stage: FaultStage): Promise<StoryEvent> {
  const { end, awsUrl } = await begin(stage);
  try {
    const synchronising = stage.product.syncInTrouble(awsUrl);
    const trips = await travelUntil(synchronising, stage);
    const report = reportSchema.parse(await synchronising);
    const changed = describeChanges(report.changes);
    return {
      what,
      discovered: reportedBy(report),
      findings: [],
      changed,
      requests: trips.length,
      trip: judge(trips, changed),
    };
  } finally {
    await end();
  }
}

/** Requests one after the other while the product works, and one more. */
async function travelUntil(done: Promise<unknown>, { travel }: FaultStage): Promise<readonly Trip[]> {
  const trips: Trip[] = [];
  let isDone = false;
  const settle = () => {
    isDone = true;
  };
  done.then(settle, settle);
  while (!isDone) {
    trips.push(await travel());
    await wait(pauseMs);
  }
  return [...trips, await travel()];
}

const pauseMs = 100;

function judge(trips: readonly Trip[], changed: readonly string[]): Trip {
  const [worst] = [...trips.filter(({ ok }) => !ok), ...trips.slice(-1)];
  const trip = worst ?? { ok: false, nonce: '', hops: [], problem: 'no request was sent' };
  return trip.ok && changed.length > 0 ? { ...trip, ok: false, problem: 'the control plane was changed' } : trip;
}

const reportSchema = z.object({
  scopes: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      endpoints: z.number(),
      code: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
  quarantined: quarantinedSchema,
  changes: changesSchema,
});

function reportedBy({ scopes, quarantined }: z.infer<typeof reportSchema>): readonly string[] {
  const states = scopes.map(({ id, status, endpoints, code, reason }) =>
    status === 'known' ? `scope ${id} known, ${endpoints} endpoints` : `scope ${id} unknown [${code}]: ${reason}`,
  );
  return [...states, ...describeQuarantined(quarantined)];
}
