import { createHmac } from 'node:crypto';
import { codeOf, type Problem, redirectWords } from '#core/errors';
import { backoffMs } from '#core/timing/backoff';
import type { Clock } from '#core/timing/clock';
import { ProxyError, proxyRefused } from '#io/proxy/tunnel';
import { failureWordsOf, tlsFixOf, untrustedFix } from '#io/tls-failures';
import { parseRetryAfter } from '../../control-planes/kong-api/retry';
import type { Posted, Posting } from './post';

export type Delivering = {
  readonly url: string;
  /** Key of the signature. */
  readonly secret: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly post: (call: Posting, signal: AbortSignal) => Promise<Posted>;
};

export type Delivery = { readonly id: string; readonly body: string };

type Failure = Problem & { readonly isFinal: boolean; readonly retryAfterMs?: number };

const tries = 5;
/** Longer waits are cut to this, since later events wait as long. */
const longestRetryAfterMs = 60_000;
const fix = 'check that rollout.notify.url is right and answers with 2xx';

/**
 * Delivers one event to the webhook, with up to five tries. Returns why it was not delivered.
 * Rejects only with the signal's reason.
 */
export async function deliver(delivery: Delivery, how: Delivering, signal: AbortSignal): Promise<Problem | undefined> {
  for (let tried = 1; ; tried += 1) {
    const failure = await attempt(delivery, how, signal);
    if (failure === undefined) return undefined;
    signal.throwIfAborted();
    const { reason, isFinal, retryAfterMs = 0 } = failure;
    if (isFinal) return failure;
    if (tried === tries) return { reason: `${reason} (tried ${tries} times)`, fix: failure.fix };
    const pauseMs = Math.max(backoffMs(tried, how.random), Math.min(retryAfterMs, longestRetryAfterMs));
    await how.clock.sleep(pauseMs, signal);
  }
}

async function attempt(
  { id, body }: Delivery,
  { url, secret, clock, timeoutMs, post }: Delivering,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const headers = {
    'content-type': 'application/json',
    'x-kong-privatelink-delivery': id,
    'x-kong-privatelink-signature': signatureOf(body, { secret, atSeconds: Math.floor(clock.now() / 1_000) }),
  };
  try {
    return refusalOf(await post({ url, headers, body, timeoutMs }, signal), clock.now());
  } catch (thrown) {
    return silenceOf(thrown);
  }
}

/**
 * Returns `t=<unix seconds>,v1=<HMAC-SHA-256 of "<t>.<body>">`. The receiver can check with the
 * secret that the body is ours and recent.
 */
function signatureOf(body: string, { secret, atSeconds }: { readonly secret: string; readonly atSeconds: number }) {
  const signed = createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex');
  return `t=${atSeconds},v1=${signed}`;
}

function refusalOf({ status, location, date = '', retryAfter }: Posted, nowMs: number): Failure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const reason = redirectWords(status, location) ?? `it answered ${status}`;
  const serverMs = Date.parse(date);
  return {
    reason,
    fix:
      status < 400 && status >= 300
        ? 'write the address of the redirect in rollout.notify.url: redirects are not followed'
        : fix,
    isFinal: status !== 408 && status !== 429 && status < 500,
    retryAfterMs: parseRetryAfter(retryAfter, Number.isNaN(serverMs) ? nowMs : serverMs),
  };
}

const settings = { address: 'rollout.notify.url', untrustedFix };

/** A certificate or a refusing proxy is the same at the next try. */
function silenceOf(thrown: unknown): Failure {
  const ofTls = tlsFixOf(thrown, settings);
  const ofProxy = thrown instanceof ProxyError ? thrown.fix : undefined;
  return {
    reason: `no answer: ${failureWordsOf(thrown)}`,
    fix: ofProxy ?? ofTls ?? fix,
    isFinal: ofTls !== undefined || codeOf(thrown) === proxyRefused,
  };
}
