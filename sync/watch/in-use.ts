import type { Logger } from 'pino';
import type { Config } from '#config/schema';
import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { readRegularNow } from '#io/files';
import { withOwnSignal } from '#io/signals';
import type { PassDependencies } from '../pass/plan-once';
import type { SessionOptions } from '../pass/session';
import { openSessions, openStagesGround, type StagesGround } from '../rollout/open-stages';
import { createSelection, type LabelSelection } from '../rollout/selection';
import type { Metrics } from './metrics/store';
import { createReloadable } from './reload';
import { fixedOf, needsRestart } from './restart';

export type Using = {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Returns the step before the first write to a control plane. */
  readonly prepareOf: (config: Config) => PassDependencies['prepare'];
};

export type StagesInUse = ReturnType<typeof openStagesInUse>;

/** Hundreds of accounts in all regions would fill a huge log line. */
const mostScopes = 20;

/** Returns the fields that a reader of the log needs. */
export function describeSessions({ ground, sessions }: Pick<StagesInUse, 'ground' | 'sessions'>) {
  const { owner, watch } = ground().config;
  const { scopeIds } = ground().discovery;
  const more = scopeIds.length - mostScopes;
  const scopes = { scopes: scopeIds.slice(0, mostScopes), moreScopes: more > 0 ? more : undefined };
  const [only] = sessions();
  const described = sessions().map(
    ({ stage, config, place }) => `${stage === undefined ? '' : `${stage}: `}${config.controlPlane.type} ${place}`,
  );
  const planes = only?.stage === undefined ? { controlPlane: described[0] } : { stages: described };
  return { owner, ...planes, ...scopes, intervalSeconds: watch.intervalSeconds };
}

const unusedWarning =
  'the configuration file cannot be used, and the earlier configuration stays in use: kong-privatelink doctor shows why';

const unfitWarning = 'control planes with the labels not used';
const unlistedWarning = 'control planes not listed, those of before stay';

/** Opens the sessions, and tracks whether the newest configuration is in use or needs a restart. */
export function openStagesInUse(options: SessionOptions, { log, metrics, clock, signal, prepareOf }: Using) {
  let isUsed = true;
  let read: SessionOptions['read'];
  let onRound = () => {};
  const renewals = createRenewals();
  const listing: Listing = { isDone: false };
  const selection = createSelection();
  const freshMs = () => (current().ground.config.watch.intervalSeconds * 1_000) / 2;
  const openAll = (ground: StagesGround) => {
    const sharing = { signal, freshMs, onRound: () => onRound() };
    const sessions = openSessions(ground, selection.stages(ground.config), sharing);
    return { ground, sessions: sessions.map((one) => ({ ...one, prepare: prepareOf(one.config) })) };
  };
  const { current, reload, replace } = createReloadable(() => {
    const opened = openAll(openStagesGround(silenced({ ...options, clock, read })));
    // A pipe delivers its text only once.
    read = readRegularNow;
    metrics.set('kong_privatelink_config_in_use', 1);
    return opened;
  });
  const ground = () => current().ground;
  const sessions = () => current().sessions;
  const use = (onFailure: (thrown: unknown) => void) => {
    isUsed = reload(onFailure);
    if (isUsed) log.info(describeSessions({ ground, sessions }), 'configuration read again');
    renewals.tell();
    return isUsed;
  };
  const started = fixedOf(ground().config.watch);

  return {
    ...{ ground, sessions },
    onRound: (act: () => void) => {
      onRound = act;
    },
    reload: () =>
      use((thrown) => {
        metrics.set('kong_privatelink_config_in_use', 0);
        metrics.add('kong_privatelink_reloads_failed_total');
        log.error({ reason: messageLineOf(thrown) }, 'configuration not used, the old one stays');
      }),
    /**
     * Tries an unused configuration again. People may have fixed an included file, and no watcher
     * sees the fix yet.
     */
    retry: () => !isUsed && use(() => {}),
    /** Follows the labels until stopped, where the configuration has labels. */
    follow: (onChange: () => void) =>
      followLabels(
        { ground, selection, listing, use: (one) => replace(openAll(one)), onChange, ...renewals },
        { log, clock, signal },
      ),
    /** Result of the last listing. */
    listing: (): Readonly<Listing> => listing,
    warnings: () => [...warningsOf(isUsed, listing), ...needsRestart(started, fixedOf(ground().config.watch))],
  };
}

type Listing = {
  /** Whether every stage of the start is known. */
  isDone: boolean;
  /** Reason why an entry could not be listed, or its stages not be used. */
  problem?: string;
};

function warningsOf(isUsed: boolean, { problem }: Listing): readonly string[] {
  return [...(isUsed ? [] : [unusedWarning]), ...(problem === undefined ? [] : [`${unlistedWarning}: ${problem}`])];
}

/** Wakes waiters when the configuration was reloaded. */
function createRenewals() {
  let wake = () => {};
  return {
    tell: () => wake(),
    renewed: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

type Following = {
  readonly ground: () => StagesGround;
  readonly selection: LabelSelection;
  readonly listing: Listing;
  readonly use: (ground: StagesGround) => void;
  readonly onChange: () => void;
  /** Resolves when the configuration was reloaded, or the signal aborts. */
  readonly renewed: (signal: AbortSignal) => Promise<void>;
};

/**
 * Lists the control planes with the labels, as often as passes run. An unreachable Konnect removes
 * no stage.
 */
async function followLabels(
  { ground, selection, listing, use, onChange, renewed }: Following,
  { log, clock, signal }: Pick<Using, 'log' | 'clock' | 'signal'>,
): Promise<void> {
  let isUsed = true;
  while (!signal.aborted) {
    try {
      const { isChanged, problem } = await selection.refresh(ground().config, signal);
      if (isChanged || !isUsed) {
        isUsed = false;
        use(ground());
        isUsed = true;
        onChange();
      }
      if (problem !== undefined && problem !== listing.problem) log.warn({ reason: problem }, unlistedWarning);
      listing.problem = problem;
      listing.isDone ||= problem === undefined;
    } catch (thrown) {
      const reason = messageLineOf(thrown);
      if (!signal.aborted && reason !== listing.problem) log.error({ reason }, unfitWarning);
      listing.problem = reason;
    }
    const { entries, watch } = ground().config;
    const ms = watch.intervalSeconds * 1_000;
    await withOwnSignal(signal, async (own) => {
      const waits = entries.some((entry) => 'select' in entry) ? [clock.sleep(ms, own.signal).catch(() => {})] : [];
      await Promise.race([renewed(own.signal), ...waits]);
      own.abort();
    });
  }
}

/** Suppresses progress output, because the worker has its log. */
function silenced({ terminal, config, clock, read }: SessionOptions): SessionOptions {
  return { config, clock, read, terminal: { ...terminal, err: () => {}, isTerminal: false } };
}
