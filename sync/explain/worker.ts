import { isLoopback } from '#core/addresses/loopback';
import { PrivatelinkError } from '#core/errors';
import { systemClock } from '#io/clock';
import type { Api } from '../control-planes/kong-api/errors';
import { createHttp } from '../control-planes/kong-api/http';
import { queryOf, type WorkerQuestion } from './asked';

const token = {
  code: 'CREDENTIALS',
  fix: 'set KONG_PRIVATELINK_WATCH_TOKEN to the watch.token of the worker, or name the configuration of the worker with -c',
} as const;

const failed = { code: 'CONTROL_PLANE_FAILED', fix: 'read the log of the worker and of the proxy before it' } as const;

const workerApi: Api = {
  name: 'The worker',
  authorize: (text) => ({ authorization: `Bearer ${text}` }),
  fixes: {
    400: { code: 'CONFIG_INVALID', fix: 'correct the question' },
    401: token,
    403: token,
    404: { code: 'CONFIG_INVALID', fix: 'give the address of watch.listen of a worker of this version' },
    429: { code: 'RATE_LIMITED', fix: 'ask again in a minute' },
    500: failed,
    502: failed,
    503: { code: 'UNREACHABLE', fix: 'wait until its first pass has ended' },
    504: failed,
  },
};

export type WorkerAddress = { readonly url: string; readonly token?: string };

/** The path of the question at a worker. */
const explainPath = '/v1/explain';

/** Asks a running worker and returns its unparsed answer. Throws PrivatelinkError. */
export async function askWorker(
  asked: WorkerQuestion,
  { url, token }: WorkerAddress,
  signal: AbortSignal,
): Promise<unknown> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!/^https?:$/.test(protocol)) throw noAddress(url, 'write it as http://HOST:PORT');
  // URLs tolerate this: `HTTP://` and a leading space are plain HTTP too.
  if (protocol === 'http:' && !isLoopback(url))
    throw noAddress(url, 'use https, or a loopback address, because the worker gets a token');
  const http = createHttp({ api: workerApi, address: url, token, concurrency: 1, clock: systemClock });
  return http({ method: 'GET', path: `${explainPath}?${queryOf(asked)}` }, signal).catch((thrown: unknown) => {
    throw thrown instanceof PrivatelinkError ? withFixOf(thrown) : thrown;
  });
}

/** The fixes for control planes name their settings. A worker has no such settings. */
function withFixOf(thrown: PrivatelinkError): PrivatelinkError {
  const { reason, code, fix = '', retryAfterMs } = thrown;
  if (!fix.includes('controlPlane.')) return thrown;
  const isAway = code === 'UNREACHABLE' || code === 'TIMEOUT';
  const own = isAway ? wayFix : fix.replace(tlsSettings, '').replaceAll('controlPlane.address', '--worker');
  return new PrivatelinkError(reason, { code, fix: own, retryAfterMs, cause: thrown });
}

const wayFix =
  'check that the worker runs, that --worker has the address of its watch.listen, and the way to it (DNS, proxy, firewall)';

/** Parts of fixes about settings that only a control plane has. */
const tlsSettings =
  / in controlPlane\.tls\.ca \(a file in PEM\), or for the whole process|, or name it in controlPlane\.tls\.serverName/;

/** Names the address without user, password and query, because they may be secrets. */
function noAddress(url: string, fix: string): PrivatelinkError {
  const shown = url.replace(/[?#].*$/s, '').replace(/\/\/.*@/s, '//');
  return new PrivatelinkError(`--worker ${shown} is not an address of a worker`, { code: 'CONFIG_INVALID', fix });
}
