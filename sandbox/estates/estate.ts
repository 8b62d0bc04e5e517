import { request } from 'undici';
import { z } from 'zod';
import type { AwsWorld } from '../aws/world/world';
import type { Accounts, Setting } from '../configuration';
import type { Loopback } from '../network/loopback';
import { startPassThrough } from '../network/pass-through';
import type { ProviderRequest } from '../network/providers';
import type { Product } from '../product';
import type { Hop, StoryEvent, Trip } from '../story';

/** The base of an estate. */
export type Ground = { readonly world: AwsWorld; readonly loopback: Loopback };

/**
 * The address of the gateway's proxy. `proxiedPort`: the port for load balancers with PROXY
 * protocol, where the gateway has one.
 */
export type GatewayAddress = { readonly host: string; readonly port: number; readonly proxiedPort?: number };

type Seen = Pick<StoryEvent, 'discovered' | 'findings' | 'contracts'>;

/** The tools of an act: they change the estate, and show the product's reaction. */
export type Stage = Ground & {
  readonly product: Product;
  discover(): Promise<Seen>;
  /**
   * Discovers (or calls `look`) and synchronises, waits for the data plane, does `before`, then
   * sends a request.
   */
  synchronise(what: string, before?: () => Promise<unknown>, look?: () => Promise<Seen>): Promise<StoryEvent>;
  travel(): Promise<Trip>;
  /** Returns the hops of a trace at the gateway, or its refusal there. */
  hopsOf(traceId: string): readonly Hop[];
};

export type Act = (stage: Stage) => Promise<StoryEvent>;

/** A change of AWS by its own command line, which the product answers with changes. */
export type Experiment = { readonly what: string; readonly command: string };

/** An estate that runs. */
export type Estate = {
  /** The address and path for requests by hand. */
  readonly door: string;
  /** Legs that every trip must have, in order: `from to`. */
  readonly legs: readonly string[];
  /**
   * Sends the request of one trip. Returns the nonce of the end of the chain; throws when the
   * answer is wrong.
   */
  send(traceId: string): Promise<string>;
  /** Hops that the domains themselves made, by trace id. */
  takeHops(traceId: string): readonly Hop[];
  readonly acts: readonly Act[];
  /** The acts for AWS's faults. */
  readonly faultActs?: readonly Act[];
  /** Its gateway enforces a contract. */
  readonly isContracted?: boolean;
  /** An experiment by hand on the present estate. */
  experiment(): Experiment;
  close(): Promise<void>;
};

/** An estate before its gateway; `title` names the parties. */
export type Prepared = {
  readonly title: string;
  readonly setting: Setting;
  open(gateway: GatewayAddress): Promise<Estate>;
  /** Closes the prepared resources; closing an opened estate calls it. */
  close?(): Promise<void>;
};

export type Prepare = (ground: Ground) => Promise<Prepared>;

const roleName = 'kong-privatelink';

/**
 * Returns the role of this account for all accounts of the sandbox, once `createRoles` has made it.
 */
export function roleArnOf(account: string): string {
  return `arn:aws:iam::${account}:role/${roleName}`;
}

/** A role in each account. */
export function createRoles(world: AwsWorld, accounts: Accounts): void {
  for (const account of Object.values(accounts)) world.createRole({ account, name: roleName });
}

/**
 * In `allow` of every source: loopback addresses stand for interfaces, and are no targets
 * elsewhere.
 */
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
/** The answer of a provider at the end of a chain. */
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

/** The plugin begins to discover with the first request. Kong's balancer may serve this request. */
export async function warmUp({ travel, product }: Stage): Promise<void> {
  await travel();
  await product.settle();
}

/** The event as one that went wrong. */
export function broken(event: StoryEvent, problem: string): StoryEvent {
  return { ...event, trip: { ...event.trip, ok: false, problem } };
}
