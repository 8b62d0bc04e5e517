import { PrivatelinkError } from '#core/errors';
import { showDryRun } from '../rollout/dry-run';
import { give, orders } from '../rollout/orders';
import { type OfRollout, openRollout } from '../rollout/standing';
import { showStatus } from '../rollout/status';
import type { Verb } from '../verb';
import { runSync } from './sync';

type RolloutOptions = OfRollout & {
  /** What to do; absent: run it to its end. */
  readonly order?: string;
  /** The stage that an order is for. */
  readonly named?: string;
  /** Plans, and writes nothing. */
  readonly dryRun?: boolean;
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Brings a change from stage to stage, says how far it is, or takes what a person says to it. */
export const runRollout: Verb<RolloutOptions> = async ({ order = 'run', ...options }, signal) => {
  if (options.dryRun && order !== 'run')
    throw invalid(`--dry-run is for the rollout itself, not for ${order}`, 'leave one of them out');
  if (options.dryRun) return showDryRun(options, signal);
  if (order === 'status') return showStatus(options, signal);
  if (isOrder(order)) return give(order, options, signal);
  if (order !== 'run') throw invalid(`there is no ${JSON.stringify(order)}`, `one of run, status, ${names.join(', ')}`);
  await openRollout(options, signal);
  return runSync(options, signal);
};

const names = Object.keys(orders);

function isOrder(word: string): word is keyof typeof orders {
  return Object.hasOwn(orders, word);
}

function invalid(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`rollout: ${reason}`, { code: 'CONFIG_INVALID', fix });
}
