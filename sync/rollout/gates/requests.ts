import type { Dispatcher } from 'undici';
import type { RequestGateConfig } from '#config/rollout';
import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import { forStage, shownUrl } from './ask';
import type { Sample, Sampler, StageGate } from './gate';
import { type Outcome, type SentRequest, sendRequest } from './send-request';

export type RequestGateOptions = { readonly stage: string; readonly dispatcher: Dispatcher; readonly clock: Clock };

/** A request and its results in this trial. */
type Watched = {
  readonly name: string;
  readonly sent: SentRequest;
  readonly right: readonly number[];
  readonly maxFailed: number;
  readonly everyMs: number;
  nextMs: number;
  isInFlight: boolean;
  answered: number;
  failed: number;
  /** What the last failed request got. */
  got?: string;
  /** Why the last request could not reach its target. */
  unreachable?: string;
};

/**
 * Makes the gate that sends requests through the data planes of a stage. The signals of samples
 * must last as long as the trial, since a request may outlive its sample.
 */
export function createRequestGate(configs: readonly RequestGateConfig[], options: RequestGateOptions): StageGate {
  return { name: 'requests', open: () => openSampler(configs, options) };
}

function openSampler(configs: readonly RequestGateConfig[], options: RequestGateOptions): Sampler {
  const { clock, dispatcher, stage } = options;
  const all = configs.map((config) => watch(config, stage, clock.monotonicMs()));
  const everyMs = Math.min(...all.map((one) => one.everyMs));
  const send = async (one: Watched, signal: AbortSignal) => {
    one.isInFlight = true;
    try {
      count(one, await sendRequest(one.sent, dispatcher, signal));
    } finally {
      one.isInFlight = false;
    }
  };
  return {
    everyMs,
    sample: async (signal) => {
      const due = all.filter((one) => !one.isInFlight && isDue(one, clock.monotonicMs()));
      const sending = due.map((one) => send(one, signal));
      await (all.length > 1
        ? atMost(everyMs / 2, Promise.allSettled(sending), { clock, signal })
        : Promise.allSettled(sending));
      signal.throwIfAborted();
      return judge(all);
    },
  };
}

/**
 * Waits at most this long for the work. A slow request would otherwise delay the next sample, and
 * with it the other requests.
 */
function atMost(ms: number, work: Promise<unknown>, { clock, signal }: { clock: Clock; signal: AbortSignal }) {
  return withOwnSignal(signal, async (own) => {
    await Promise.race([work, clock.sleep(ms, own.signal).catch(() => {})]);
    own.abort();
  });
}

function watch(config: RequestGateConfig, stage: string, nowMs: number): Watched {
  const { method, status, perSecond, timeoutSeconds, maxFailed, headers = {} } = config;
  const url = forStage(config.url, stage);
  const filled = Object.entries(headers).map(([name, value]) => [name, forStage(value, stage)]);
  return {
    name: `${method} ${shownUrl(url)}`,
    sent: { url, method, headers: Object.fromEntries(filled), timeoutMs: timeoutSeconds * 1_000 },
    right: [status].flat(),
    maxFailed,
    everyMs: 1_000 / perSecond,
    nextMs: nowMs,
    isInFlight: false,
    answered: 0,
    failed: 0,
  };
}

/** Timers are not exact, and requests that a pause prevented are not made up for. */
function isDue(one: Watched, nowMs: number): boolean {
  const little = one.everyMs / 10;
  if (nowMs < one.nextMs - little) return false;
  one.nextMs = Math.max(one.nextMs, nowMs - little) + one.everyMs;
  return true;
}

function count(one: Watched, outcome: Outcome): void {
  one.unreachable = 'unreachable' in outcome ? outcome.unreachable : undefined;
  if ('unreachable' in outcome) return;
  one.answered += 1;
  if ('status' in outcome && one.right.includes(outcome.status)) return;
  one.failed += 1;
  one.got = 'status' in outcome ? `status ${outcome.status}` : outcome.silence;
}

function judge(all: readonly Watched[]): Sample {
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  const answered = all.reduce((sum, one) => sum + one.answered, 0);
  const bad = all.find((one) => one.failed > one.maxFailed);
  if (bad) return { kind: 'fail', said: `${failureOf(bad)}; ${failedFix}`, value: failed };
  const away = all.find(({ unreachable }) => unreachable !== undefined);
  if (away) {
    const said = `${away.name} cannot be reached from here (${away.unreachable}); ${awayFix}`;
    return { kind: 'inconclusive', said, value: failed };
  }
  const waiting = all.find((one) => one.answered === 0);
  if (waiting) return { kind: 'pending', said: `${waiting.name}: no answer yet`, value: failed };
  const worst = all.find((one) => one.failed > 0);
  const said = worst
    ? failureOf(worst)
    : `${answered === 1 ? 'the request' : `all ${answered} requests`} got the expected status`;
  return { kind: 'pass', said, value: failed };
}

const failedFix = 'see what this revision changed, and the log of the data planes';
const awayFix = 'check the url, and the way to it from this host (DNS, proxy, firewall, certificate)';

function failureOf({ name, right, got, failed, answered, maxFailed }: Watched): string {
  return `${name}: expected status ${right.join(' or ')}, got ${got}; ${failed} of ${answered} failed, ${maxFailed} allowed`;
}
