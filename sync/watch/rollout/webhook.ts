import type { Config } from '#config/schema';
import { canonicalJson } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { stoppedAfter } from '#io/signals';
import { createNotifier, type Notifier, type RolloutEvent } from '../../rollout/notify/notifier';

export type WebhookOptions = {
  /** Asked for each event: the configuration may have changed. */
  readonly config: () => Pick<Config, 'owner' | 'rollout'>;
  readonly clock: Clock;
  readonly onWarning: (warning: string) => void;
};

/** The webhook of a worker. */
export type Webhook = {
  readonly notify: (event: RolloutEvent) => void;
  /** Resolves when all is told, or the time is over that a worker has to stop. */
  readonly drain: () => Promise<void>;
};

/** Of the ten seconds that a stop may take. */
const drainMs = 3_000;

/** Tells the webhook that the configuration has now; one that it had before is still told what waits for it. */
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
