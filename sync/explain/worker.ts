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

const workerApi: Api = {
  name: 'The worker',
  authorize: (text) => ({ authorization: `Bearer ${text}` }),
  fixes: {
    400: { code: 'CONFIG_INVALID', fix: 'correct the question' },
    401: token,
    403: token,
    404: { code: 'CONFIG_INVALID', fix: 'give the address of watch.listen of a worker of this version' },
    503: { code: 'UNREACHABLE', fix: 'wait until its first pass has ended' },
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
  return fix.includes('controlPlane.')
    ? new PrivatelinkError(reason, { code, fix: wayFix, retryAfterMs, cause: thrown })
    : thrown;
}

const wayFix =
  'check that the worker runs, that --worker has the address of its watch.listen, and the way to it (DNS, proxy, firewall; NODE_EXTRA_CA_CERTS for a certificate of your own authority)';

/** Names the address without user, password and query, because they may be secrets. */
function noAddress(url: string, fix: string): PrivatelinkError {
  const shown = url.replace(/[?#].*$/s, '').replace(/\/\/.*@/s, '//');
  return new PrivatelinkError(`--worker ${shown} is not an address of a worker`, { code: 'CONFIG_INVALID', fix });
}
