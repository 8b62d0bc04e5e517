import { randomUUID } from 'node:crypto';
import type { NotifyConfig } from '#config/rollout';
import { formatProblem, type Problem, quoteOf } from '#core/errors';
import { printable } from '#core/printable';
import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import { maskOf } from '../../control-planes/kong-api/secrets';
import { type Delivering, type Delivery, deliver } from './deliver';
import { post as postOverNetwork } from './post';

/** What a webhook is told. */
export type RolloutEvent = {
  readonly event: 'start' | 'halt' | 'rollback' | 'end';
  /** Absent: the only control plane. */
  readonly stage?: string;
  readonly revision: string;
  /** At a rollback, the revision that failed; at a start, the one that it would go back to. */
  readonly from?: string;
  readonly gate?: string;
  /** A text for people, which may hold what others say. */
  readonly reason?: string;
};

export type Notifier = {
  /** Takes an event to be told in the background, after those before it. Never throws. */
  notify(event: RolloutEvent): void;
  /** Resolves when all is told or given up, after 15 s at most, or when the signal aborts; what is not told by then never is. Never rejects. */
  drain(signal: AbortSignal): Promise<void>;
};

export type NotifierOptions = {
  readonly owner: string;
  readonly clock: Clock;
  /** Hears, in a line for people, what could not be told. */
  readonly onWarning: (warning: string) => void;
  readonly random?: () => number;
  /** For each try. */
  readonly timeoutMs?: number;
  readonly post?: Delivering['post'];
};

/** An event that waits for its turn. */
type Waiting = Delivery & { readonly event: RolloutEvent };

const mostWaiting = 100;
const drainMs = 15_000;
/** More than this in one warning helps nobody. */
const mostNamed = 5;

/** Tells the webhook what happens to a rollout, one event after the other; without one it tells nobody. */
export function createNotifier(config: NotifyConfig | undefined, options: NotifierOptions): Notifier {
  if (config === undefined) return { notify: () => undefined, drain: async () => undefined };
  const { clock, onWarning, random = Math.random, timeoutMs = 5_000, post = postOverNetwork } = options;
  const how: Delivering = { ...config, clock, random, timeoutMs, post };
  const write = bodyWriter(config, options);
  const warn = (events: readonly RolloutEvent[], problem: Problem) =>
    onWarning(undelivered(config.url, events, problem));
  const waiting: Waiting[] = [];
  let telling: Promise<void> | undefined;
  let stop = new AbortController();

  async function tellAll(): Promise<void> {
    for (let next = waiting[0]; next; next = waiting[0]) {
      const problem = await deliver(next, how, stop.signal).catch(() => givenUp);
      const told = problem === givenUp ? waiting.splice(0) : waiting.splice(waiting.indexOf(next), 1);
      if (problem)
        warn(
          told.map(({ event }) => event),
          problem,
        );
    }
    telling = undefined;
  }

  return {
    notify: (event) => {
      waiting.push({ id: randomUUID(), body: write(event), event });
      // The first is under way.
      if (waiting.length > mostWaiting + 1)
        warn(
          waiting.splice(1, 1).map((one) => one.event),
          tooMany,
        );
      telling ??= tellAll();
    },
    drain: async (signal) => {
      await withOwnSignal(signal, async (own) => {
        const timeIsOver = clock.sleep(drainMs, own.signal).catch(() => undefined);
        await Promise.race([telling, timeIsOver]);
        own.abort();
      });
      stop.abort();
      await telling;
      stop = new AbortController();
    },
  };
}

const tooMany: Problem = {
  reason: `${mostWaiting} newer events wait already`,
  fix: 'find out why rollout.notify.url answers slowly',
};
const givenUp: Problem = {
  reason: 'the process ended before the webhook answered',
  fix: 'check that rollout.notify.url answers within seconds; rollout status shows how far the rollout is',
};

/** Names the address without its query, which may be a secret. */
function undelivered(url: string, events: readonly RolloutEvent[], problem: Problem): string {
  const { origin, pathname } = new URL(url);
  const named = events.slice(0, mostNamed).map(nameOfEvent).join(', ');
  const more = events.length > mostNamed ? ` and ${events.length - mostNamed} more` : '';
  return formatProblem({
    ...problem,
    reason: printable(`the webhook ${origin}${pathname} was not told of ${named}${more}: ${problem.reason}`),
  });
}

function nameOfEvent({ event, stage, revision }: RolloutEvent): string {
  return `${event} (${stage === undefined ? '' : `stage ${stage}, `}revision ${revision})`;
}

/** Gives the body for an event of now, without its own secret, which a server may have sent back, or characters that act on a terminal. */
function bodyWriter({ secret }: NotifyConfig, { owner, clock }: NotifierOptions) {
  const mask = maskOf({ token: secret });
  const shown = (text: string | undefined) => text && printable(quoteOf(mask(text)));
  return ({ event, stage, revision, from, gate, reason }: RolloutEvent): string =>
    JSON.stringify({
      event,
      owner,
      stage,
      revision,
      from,
      gate,
      reason: shown(reason),
      at: new Date(clock.now()).toISOString(),
    });
}
