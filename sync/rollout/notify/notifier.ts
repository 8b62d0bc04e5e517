import { randomUUID } from 'node:crypto';
import type { NotifyConfig } from '#config/rollout';
import { formatProblem, type Problem, quoteOf } from '#core/errors';
import { printable } from '#core/printable';
import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import { maskOf } from '../../control-planes/kong-api/secrets';
import { type Delivering, type Delivery, deliver } from './deliver';
import { post as postOverNetwork } from './post';

/** An event for the webhook. */
export type RolloutEvent = {
  readonly event: 'start' | 'halt' | 'rollback' | 'end';
  /** Absent: there is only one control plane. */
  readonly stage?: string;
  readonly revision: string;
  /** At a rollback, the revision that failed; at a start, the revision to roll back to. */
  readonly from?: string;
  readonly gate?: string;
  /** Text for people; it may contain text from elsewhere. */
  readonly reason?: string;
};

export type Notifier = {
  /** Queues an event for delivery in the background. Never throws. */
  notify(event: RolloutEvent): void;
  /**
   * Resolves when all events are delivered or given up, after at most 15 s, or when the signal
   * aborts. Events that are left are dropped. Never rejects.
   */
  drain(signal: AbortSignal): Promise<void>;
};

export type NotifierOptions = {
  readonly owner: string;
  readonly clock: Clock;
  /** Gets a line for people about events that could not be delivered. */
  readonly onWarning: (warning: string) => void;
  readonly random?: () => number;
  /** Milliseconds for each try. */
  readonly timeoutMs?: number;
  readonly post?: Delivering['post'];
};

/** An event in the queue. */
type Waiting = Delivery & { readonly event: RolloutEvent };

const mostWaiting = 100;
const drainMs = 15_000;
/** More names in one warning help nobody. */
const mostNamed = 5;

/**
 * Delivers the events of a rollout to the webhook, one after the other. Without a webhook it does
 * nothing.
 */
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
      // The first event is being delivered, so the second is dropped.
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

/** The message names the address without its query, which may be a secret. */
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

/**
 * Returns the function that writes the body of an event. It masks the webhook's own secret, which a
 * server may have quoted, and control characters for terminals.
 */
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
