import type { Clock } from '#core/timing/clock';
import { withinDeadline } from '#io/signals';
import { type ControlPlane, type Rollout, rolloutPollMs, rolloutWaitMs } from './control-plane';

type Asking = { readonly controlPlane: ControlPlane; readonly signal: AbortSignal };
type Waiting = Asking & { readonly clock: Clock };

/**
 * Reads the state of the data planes. Undefined when it cannot be read in time: the pass does not
 * need it.
 */
export function readRolloutInTime(
  { controlPlane, signal }: Asking,
  timeoutMs = rolloutWaitMs,
): Promise<Rollout | undefined> {
  const deadline = { signal, timeoutMs, asked: 'the control plane' };
  return withinDeadline(controlPlane.readRollout, deadline).catch(() => undefined);
}

/**
 * Waits until all connected data planes run a configuration newer than `before` (fm-13), for 30 s
 * or until stopped. Does not wait when none is connected.
 */
export async function awaitRollout(before: Rollout | undefined, options: Waiting): Promise<Rollout | undefined> {
  const { clock, signal } = options;
  if (before?.nodes === 0) return before;
  const untilMs = clock.monotonicMs() + rolloutWaitMs;
  let rollout: Rollout | undefined;
  for (let leftMs = rolloutWaitMs; leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
    rollout = await readRolloutInTime(options, leftMs);
    const isThere = rollout && rollout.hash !== before?.hash && rollout.inSync >= rollout.nodes;
    if (isThere || signal.aborted) break;
    // A stop ends only the wait: the report still says what was written.
    await clock.sleep(rolloutPollMs, signal).catch(() => {});
  }
  return rollout;
}
