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
  /** Ends the trials. */
  readonly signal: AbortSignal;
  /** Passes over all stages should begin now. */
  readonly onChange: () => void;
};

/** What came of a pass. */
export type Came = { readonly report: Report } | { readonly thrown: unknown };

/** The rollout of the stages of a worker; without one in the configuration it does nothing. */
export type Rollouts = {
  /** Called when a pass begins; gives what is to be told what came of it. */
  readonly begin: () => (session: StageSession, came: Came) => Promise<void>;
  /** Forgets stages that there are no more. */
  readonly keepOnly: (sessions: readonly StageSession[]) => void;
  /** How far the stage is, with what gates said last in this process; undefined: it is in no rollout. */
  readonly progressOf: (stage: string | undefined) => StageProgress | undefined;
  /** Resolves when the trials have ended and the webhook is told, which takes seconds at most once the signal has aborted. */
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
