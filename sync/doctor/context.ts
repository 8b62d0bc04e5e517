import { setMaxListeners } from 'node:events';
import { type Config, mostScopesAtOnce } from '#config/schema';
import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import type { HeldEntity } from '#deck/document';
import { emptyBase } from '#deck/file/base';
import { type AwsAccess, createAwsAccess } from '#discovery/aws/access';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { systemClock } from '#io/clock';
import { withinDeadline } from '#io/signals';
import type { PluginSchema } from '../control-planes/backend';
import { backendOf } from '../control-planes/backends';
import type { Session, SessionOptions } from '../pass/session';
import { openStage, openStagesGround } from '../rollout/open-stages';

/** Time limit of a check, and of the shared work before it. A person waits for all of them. */
export const checkTimeoutMs = 10_000;
/** Fix for a check that does not end. */
export const lateFix = 'check the address and the network path to it (DNS, proxy, firewall), and run doctor again';
/** Shorter than a check, so that the error names the silent scope and not the whole discovery. */
const scopeTimeoutSeconds = 8;
/**
 * Returns the time limit of discovery: enough for all scopes to time out, at least one check's
 * limit.
 */
export function discoveryTimeoutMs(scopes: number): number {
  const rounds = Math.max(Math.ceil(scopes / mostScopesAtOnce), 1);
  return checkTimeoutMs + (rounds - 1) * scopeTimeoutSeconds * 1_000;
}

/** Input of the checks. A promise is shared work: it rejects for all checks with the same error. */
export type Context = {
  readonly config: Config;
  readonly options: SessionOptions;
  readonly aws: AwsAccess;
  readonly schemas: readonly PluginSchema[];
  readonly now: () => number;
  readonly clock: Clock;
  /** Names of all stages in the file. Undefined: a `select` that could not be listed. */
  readonly listed: readonly (string | undefined)[];
  readonly session: Promise<Session>;
  readonly snapshot: Promise<Snapshot>;
  readonly held: Promise<readonly HeldEntity[]>;
};

type Opening = Pick<Context, 'options' | 'schemas' | 'listed'> & { readonly configs: readonly Config[] };

/** Starts reading all scopes at once, and the control plane of each stage. Writes nothing. */
export function openContexts({ configs, options, schemas, listed }: Opening, signal: AbortSignal): readonly Context[] {
  const [first] = configs;
  if (!first) return [];
  const clock = options.clock ?? systemClock;
  const aws = createAwsAccess(clock);
  const sources = createSources(first, { clock, aws });
  const discoverer = createDiscoverer(sources, { clock, scopeTimeoutSeconds, concurrency: mostScopesAtOnce });
  const scopes = sources.flatMap((source) => source.scopes()).length;
  // Each scope in flight adds a listener, and so does each check.
  const within = <T>(asked: string, work: (own: AbortSignal) => Promise<T>, timeoutMs = checkTimeoutMs) =>
    withinDeadline(
      (own) => {
        setMaxListeners(0, signal, own);
        return work(own);
      },
      { signal, timeoutMs, asked, fix: lateFix },
    );
  const ground = within('the session', async () => openStagesGround({ ...options, isReadOnly: true }));
  const snapshot = within('discovery', discoverer.discover, discoveryTimeoutMs(scopes));
  return configs.map((config) => ({
    config,
    options,
    aws,
    schemas,
    now: clock.now,
    clock,
    listed,
    session: ground.then((one) => openStage(one, config)),
    snapshot,
    held: within(
      'the control plane',
      backendOf(config.controlPlane).connect(config.owner, { base: emptyBase, env: options.terminal.env }).read,
    ),
  }));
}
