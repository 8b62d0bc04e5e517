import { PrivatelinkError } from '#core/errors';
import { showDryRun } from '../rollout/dry-run';
import { give, orders } from '../rollout/orders';
import type { OfRollout } from '../rollout/standing';
import { showStatus } from '../rollout/status';
import type { Verb } from '../verb';
import { runSync } from './sync';

type RolloutOptions = OfRollout & {
  /** The order. Absent: run the rollout to its end. */
  readonly order?: string;
  /** The stage of the order. */
  readonly name?: string;
  /** Plan only, write nothing. */
  readonly dryRun?: boolean;
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Runs a rollout over the stages, shows its status, or gives it an order. */
export const runRollout: Verb<RolloutOptions> = async ({ order = 'run', name: named, ...shared }, signal) => {
  const options = { ...shared, named };
  if (options.dryRun && order !== 'run')
    throw invalid(`--dry-run is for the rollout itself, not for ${order}`, 'leave one of them out');
  const stray = strayStage(order, options);
  if (stray !== undefined && known.includes(order)) throw takesNoStage(order, stray);
  if (options.dryRun) return showDryRun(options, signal);
  if (order === 'status') return showStatus(options, signal);
  if (isOrder(order)) return give(order, options, signal);
  if (order !== 'run') throw invalid(`there is no order ${JSON.stringify(order)}`, `give one of ${known.join(', ')}`);
  return runSync({ ...options, needsRollout: true }, signal);
};

const known: readonly string[] = ['run', 'status', ...Object.keys(orders)];
const ofOneStage: ReadonlySet<string> = new Set<keyof typeof orders>(['approve', 'skip', 'retry']);

/**
 * Returns a stage that was named for an order about all stages. A silent use would surprise the
 * user.
 */
function strayStage(order: string, { named, stage }: OfRollout & { readonly named?: string }): string | undefined {
  if (ofOneStage.has(order)) return undefined;
  return named ?? (isOrder(order) ? stage : undefined);
}

function takesNoStage(order: string, stray: string): PrivatelinkError {
  const fix = isOrder(order)
    ? 'leave the stage out: the order applies to all stages'
    : `for one stage write --stage ${stray}`;
  return invalid(`${order} takes no stage, and ${JSON.stringify(stray)} is given`, fix);
}

function isOrder(word: string): word is keyof typeof orders {
  return Object.hasOwn(orders, word);
}

function invalid(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`rollout: ${reason}`, { code: 'CONFIG_INVALID', fix });
}
