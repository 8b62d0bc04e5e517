import { Agent, request } from 'undici';
import type { SnapshotConfig } from '#config/schema';
import { type ErrorDetails, hasCode, messageOf, PrivatelinkError, redirectWords } from '#core/errors';
import { telling } from '#io/api-calls';
import { createConnector } from '#io/proxy/connections';
import { ProxyError, proxyRefused } from '#io/proxy/tunnel';
import { withinDeadline } from '#io/signals';
import { opensslWordsOf, tlsFixOf, untrustedFix } from '#io/tls-failures';
import { maxSnapshotBytes } from './bounds';
import type { ReaderOptions, ReadSnapshot, SnapshotText } from './text';

type UrlOptions = Pick<SnapshotConfig, 'token'> & {
  readonly url: string;
  /** For messages. */
  readonly from: string;
};

/** Reads the snapshot from its URL. */
export function createUrlReader(
  { url, token, from }: UrlOptions,
  { timeoutMs = 10_000, maxBytes = maxSnapshotBytes }: ReaderOptions,
): ReadSnapshot {
  const dispatcher = new Agent({ maxResponseSize: maxBytes, connect: createConnector({ timeout: timeoutMs }) });
  async function ask(etag: string | undefined, signal: AbortSignal): Promise<SnapshotText | undefined> {
    const headers = {
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(etag && { 'if-none-match': etag }),
    };
    // A new connection for each pass: a kept one might be closed by the server during its next use
    // (fm-27).
    const answer = await request(url, { headers, dispatcher, signal, reset: true });
    const text = await answer.body.text();
    if (answer.statusCode === 304) return undefined;
    const { etag: version, location } = answer.headers;
    if (answer.statusCode !== 200) throw statusError(answer.statusCode, from, location?.toString());
    return { text, etag: version?.toString() };
  }

  const askInTime = async (etag: string | undefined, signal: AbortSignal) => {
    try {
      return await withinDeadline((own) => ask(etag, own), { signal, timeoutMs, asked: from });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof PrivatelinkError) throw thrown;
      throw notRead(from, fixOf(thrown), thrown);
    }
  };

  return (etag, signal) => telling({ api: 'snapshot', action: 'GET' }, () => askInTime(etag, signal));
}

function statusError(status: number, from: string, location: string | undefined): PrivatelinkError {
  const said = [`${from}: the server answered ${status}`, redirectWords(status, location) ?? []].flat();
  return new PrivatelinkError(said.join(': '), meaningOf(status));
}

function meaningOf(status: number): ErrorDetails {
  if (status === 401 || status === 403) {
    const fix = 'set `token` of the source to one that the server accepts';
    return { code: status === 401 ? 'CREDENTIALS' : 'ACCESS_DENIED', fix };
  }
  if (status === 429 || status >= 500)
    return { code: 'UNREACHABLE', fix: 'the next pass tries again; check the server' };
  return { code: 'BAD_ANSWER', fix: 'correct `url` of the source; redirects are not followed' };
}

const tlsSettings = { address: '`url` of the source', untrustedFix };

function fixOf(thrown: unknown): string {
  if (thrown instanceof ProxyError) return thrown.fix;
  const fix = 'check `url` of the source, the network, and that the snapshot has at most 64 MiB';
  return tlsFixOf(thrown, tlsSettings) ?? fix;
}

function notRead(from: string, fix: string, cause: unknown): PrivatelinkError {
  const reason = `${from}: the snapshot cannot be read (${opensslWordsOf(cause) ?? messageOf(cause)})`;
  const isRefused = hasCode(cause, proxyRefused) || tlsFixOf(cause, tlsSettings) !== undefined;
  return new PrivatelinkError(reason, { code: isRefused ? 'BAD_CONNECTION' : 'UNREACHABLE', fix, cause });
}
