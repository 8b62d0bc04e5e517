import type { Logger } from 'pino';
import type { Clock } from '#core/timing/clock';
import type { Report } from '../../pass/report';
import { createConductor } from '../../rollout/advance/conductor';
import type { StageProgress } from '../../rollout/advance/progress';
import type { RolloutEvent } from '../../rollout/notify/notifier';
import type { StageSession } from '../../rollout/open-stages';
import { createEnding } from './ending';
import { openStepLog } from './steps';
import { openWebhook, type WebhookOptions } from './webhook';

export type RolloutsOptions = Pick<WebhookOptions, 'config'> & {
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Aborts the trials. */
  readonly signal: AbortSignal;
  /** Called when passes over all stages should begin now. */
  readonly onChange: () => void;
};

/** Result of a pass. */
export type Came = { readonly report: Report } | { readonly thrown: unknown };

/** The rollout of a worker's stages. Does nothing without a rollout in the configuration. */
export type Rollouts = {
  /** Called at the begin of a pass. Returns a function that takes the result. */
  readonly begin: () => (session: StageSession, came: Came) => Promise<void>;
  /** Forgets stages that no longer exist. */
  readonly keepOnly: (sessions: readonly StageSession[]) => void;
  /**
   * Progress of the stage, with the last results of its gates in this process. Undefined: not in a
   * rollout.
   */
  readonly progressOf: (stage: string | undefined) => StageProgress | undefined;
  /**
   * Resolves when the trials have ended and the webhook is notified, within seconds after an abort.
   */
  readonly end: () => Promise<void>;
};

export function openRollouts({ clock, log, signal, onChange, config }: RolloutsOptions): Rollouts {
  const onWarning = (reason: string) => log.warn({ reason }, 'rollout warning');
  const webhook = openWebhook({ config, clock, onWarning });
  const say = openStepLog(log);
  const ending = createEnding();
  const lastSaid = new Map<string, NonNullable<StageProgress['gates']>>();
  const onEvent = (event: RolloutEvent) => {
    sayEvent(log, event);
    webhook.notify(event);
  };
  const conductor = createConductor({ clock, signal, onChange, onEvent, onWarning, onProgress: follow });

  function follow(stage: string): void {
    const progress = conductor.progressOf(stage);
    if (!progress || signal.aborted) return;
    if (progress.gates) lastSaid.set(stage, progress.gates);
    ending.take(progress);
    say(progress);
  }

  async function take(session: StageSession, came: Came): Promise<void> {
    if ('report' in came) await conductor.after(session, came.report);
    else conductor.failed(session, came.thrown);
  }

  return {
    begin: () => {
      const version = ending.version();
      return async (session, came) => {
        await take(session, came);
        const { stage, rollout } = session;
        if (stage === undefined || !rollout) return;
        ending.rest(stage, version);
        const event = ending.event(conductor.progress(), rollout.turns);
        if (event) onEvent(event);
      };
    },
    keepOnly: (sessions) => conductor.keepOnly(sessions.map(({ stage }) => stage)),
    progressOf: (stage) => {
      const progress = stage === undefined ? undefined : conductor.progressOf(stage);
      return progress && { ...progress, gates: progress.gates ?? lastSaid.get(progress.stage) };
    },
    end: async () => {
      await conductor.ended();
      await webhook.drain();
    },
  };
}

function sayEvent(log: RolloutsOptions['log'], { event, ...fields }: RolloutEvent): void {
  log[event === 'start' || event === 'end' ? 'info' : 'warn'](fields, `rollout ${event}`);
}
