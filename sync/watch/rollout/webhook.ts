import type { Config } from '#config/schema';
import { canonicalJson } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { stoppedAfter } from '#io/signals';
import { createNotifier, type Notifier, type RolloutEvent } from '../../rollout/notify/notifier';

export type WebhookOptions = {
  /** Called for each event, because the configuration may have changed. */
  readonly config: () => Pick<Config, 'owner' | 'rollout'>;
  readonly clock: Clock;
  readonly onWarning: (warning: string) => void;
};

/** The webhook of a worker. */
export type Webhook = {
  readonly notify: (event: RolloutEvent) => void;
  /** Resolves when all events are sent, or the time limit of a stop is over. */
  readonly drain: () => Promise<void>;
};

/** A part of the ten seconds that a stop may take. */
const drainMs = 3_000;

/**
 * Notifies the webhook of the current configuration. A former webhook still gets its pending
 * events.
 */
export function openWebhook({ config, clock, onWarning }: WebhookOptions): Webhook {
  const notifiers = new Map<string, Notifier>();

  function current(): Notifier {
    const { owner, rollout } = config();
    const name = canonicalJson([owner, rollout?.notify]);
    const known = notifiers.get(name) ?? createNotifier(rollout?.notify, { owner, clock, onWarning });
    notifiers.set(name, known);
    return known;
  }

  return {
    notify: (event) => current().notify(event),
    drain: async () => {
      const limit = { signal: new AbortController().signal, timeoutMs: drainMs, late: () => new Error('stopped') };
      const drainAll = (signal: AbortSignal) => Promise.all([...notifiers.values()].map((one) => one.drain(signal)));
      await stoppedAfter((own) => drainAll(own.signal), limit);
    },
  };
}
