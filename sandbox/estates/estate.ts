import { request } from 'undici';
import { z } from 'zod';
import type { AwsWorld } from '../aws/world/world';
import type { Accounts, Setting } from '../configuration';
import type { Loopback } from '../network/loopback';
import { startPassThrough } from '../network/pass-through';
import type { ProviderRequest } from '../network/providers';
import type { Product } from '../product';
import type { Hop, StoryEvent, Trip } from '../story';

/** What an estate is built on. */
export type Ground = { readonly world: AwsWorld; readonly loopback: Loopback };

/** Where the gateway's proxy listens; `proxiedPort`: for load balancers that speak PROXY protocol, where there is such a port. */
export type GatewayAddress = { readonly host: string; readonly port: number; readonly proxiedPort?: number };

type Seen = Pick<StoryEvent, 'discovered' | 'findings' | 'contracts'>;

/** What an act changes the estate with, and how it looks at what the product makes of it. */
export type Stage = Ground & {
  readonly product: Product;
  discover(): Promise<Seen>;
  /** Discovers, or takes another look, and synchronises, waits for the data plane, does `before` and then sends a request. */
  synchronise(what: string, before?: () => Promise<unknown>, look?: () => Promise<Seen>): Promise<StoryEvent>;
  travel(): Promise<Trip>;
  /** What left the gateway for the request of a trace, or was refused there. */
  hopsOf(traceId: string): readonly Hop[];
};

export type Act = (stage: Stage) => Promise<StoryEvent>;

/** A change of AWS that people make with its own command line, and the product answers with changes. */
export type Experiment = { readonly what: string; readonly command: string };

/** An estate that runs. */
export type Estate = {
  /** What to ask by hand: address and path. */
  readonly door: string;
  /** Legs that every trip must have, in order: `from to`. */
  readonly legs: readonly string[];
  /** Sends what makes one trip; gives what the end of the chain made up for it, and throws what is wrong with the answer. */
  send(traceId: string): Promise<string>;
  /** Hops that the domains themselves made, by trace id. */
  takeHops(traceId: string): readonly Hop[];
  readonly acts: readonly Act[];
  /** What to show of AWS's faults. */
  readonly faultActs?: readonly Act[];
  /** Its gateway enforces a contract. */
  readonly isContracted?: boolean;
  /** What to try by hand, as the estate is now. */
  experiment(): Experiment;
  close(): Promise<void>;
};

/** An estate before there is a gateway; `title` says who is in it. */
export type Prepared = {
  readonly title: string;
  readonly setting: Setting;
  open(gateway: GatewayAddress): Promise<Estate>;
  /** Of what was prepared; an estate that was opened closes it too. */
  close?(): Promise<void>;
};

export type Prepare = (ground: Ground) => Promise<Prepared>;

const roleName = 'kong-privatelink';

/** What any account of the sandbox may assume in this one, once `createRoles` has made it. */
export function roleArnOf(account: string): string {
  return `arn:aws:iam::${account}:role/${roleName}`;
}

/** A role in each account. */
export function createRoles(world: AwsWorld, accounts: Accounts): void {
  for (const account of Object.values(accounts)) world.createRole({ account, name: roleName });
}

/** In `allow` of every source: addresses on loopback stand for those of interfaces, and are no targets elsewhere. */
export const loopbackAllowed = 'addresses: ["127.0.0.0/8"]';

const traceHeader = 'x-sandbox-trace';

export function traceOf({ headers }: ProviderRequest): string {
  return headers[traceHeader]?.toString() ?? '';
}

const askTimeoutMs = 60_000;

/** Asks for a JSON document; rejects when nobody answers within a minute. */
export async function ask(address: string, path: string, traceId: string) {
  const timeouts = {
    headersTimeout: askTimeoutMs,
    bodyTimeout: askTimeoutMs,
    signal: AbortSignal.timeout(askTimeoutMs),
  };
  const { statusCode, body } = await request(`http://${address}${path}`, {
    headers: { [traceHeader]: traceId },
    ...timeouts,
  });
  return { status: statusCode, body: z.json().parse(await body.json()) };
}

/** Hops by trace id. */
export function createHopBook() {
  const hops = new Map<string, Hop[]>();
  return {
    record: (traceId: string, hop: Hop) => void hops.set(traceId, [...(hops.get(traceId) ?? []), hop]),
    take: (traceId: string): readonly Hop[] => hops.get(traceId) ?? [],
  };
}

export type HopBook = ReturnType<typeof createHopBook>;

/** A hop that ends with `work`. */
export async function timed<T>(
  book: HopBook,
  { traceId, ...hop }: Omit<Hop, 'latencyMs'> & { readonly traceId: string },
  work: () => Promise<T>,
): Promise<T> {
  const startMs = performance.now();
  const result = await work();
  book.record(traceId, { ...hop, latencyMs: performance.now() - startMs });
  return result;
}

type Answer = z.infer<typeof answerSchema>;
/** What a provider at the end of a chain answers. */
export const answerSchema = z.object({ domain: z.string(), nonce: z.string(), path: z.string() });

/** A consumer whose own endpoint leads to the gateway: bytes go through as they are. */
export async function openConsumer({ loopback }: Ground, gateway: GatewayAddress, book: HopBook) {
  const addresses = loopback.allot(1);
  const listening = await startPassThrough({ addresses, to: gateway });
  const address = `${addresses[0]}:${listening.port}`;
  const hop = { from: 'consumer', to: 'gateway', address, reason: "the consumer's own endpoint to the gateway" };
  return {
    address,
    /** Throws unless `domain` itself answers. */
    ask: async (path: string, domain: string, traceId: string): Promise<Answer> => {
      const { status, body } = await timed(book, { ...hop, traceId }, () => ask(address, path, traceId));
      const answer = answerSchema.safeParse(body);
      if (answer.success && answer.data.domain === domain) return answer.data;
      throw new Error(`${path} was answered with ${status} ${JSON.stringify(body)}`);
    },
    close: listening.close,
  };
}

/** The plugin begins to discover with the first request, which may be served by Kong's balancer instead. */
export async function warmUp({ travel, product }: Stage): Promise<void> {
  await travel();
  await product.settle();
}

/** The event as one that went wrong. */
export function broken(event: StoryEvent, problem: string): StoryEvent {
  return { ...event, trip: { ...event.trip, ok: false, problem } };
}
