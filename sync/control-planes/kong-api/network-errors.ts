import { codeOf, type ErrorCode, hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { ProxyError } from '#io/proxy/tunnel';
import { isUntrusted } from '#io/untrusted';
import { tooLarge } from './exchange';

/** What people do about an answer that is none of the control plane's. */
export const otherAnswerFix =
  'check controlPlane.address, and that no proxy or cache on the way answers in place of the control plane';

/** What people do about an answer that does not come. */
export const wayFix = 'check controlPlane.address and the way to it (DNS, proxy, firewall)';

/** What people do where a server asks for a certificate and gets none, or none that it takes. */
export const clientCertificateFix =
  'name a certificate that it takes, and its key, in controlPlane.tls.cert and controlPlane.tls.key';

/** What people do about a certificate whose time is over, or has not come. */
export const certificateTimeFix = 'let its certificate be renewed, and set the clock of this machine';

/** The error for a call that brought no whole answer. */
export function networkError(call: string, thrown: unknown): PrivatelinkError {
  return new PrivatelinkError(`no answer to ${call}: ${wordsOf(thrown)}`, {
    code: meaningOf(thrown),
    fix: fixOf(call, thrown),
    cause: thrown,
  });
}

/** OpenSSL gives its words between where it found the error and a line of its source. */
function wordsOf(thrown: unknown): string {
  const [, said] = /^\w+:error:[^:]*:[^:]*:[^:]*:([^:]+):/.exec(messageOf(thrown)) ?? [];
  return said ?? (messageOf(thrown) || (codeOf(thrown) ?? 'no reason given'));
}

/** What undici knows no better of, such as a certificate, will be the same at the next try. */
function meaningOf(thrown: unknown): ErrorCode {
  if (isBroken(thrown)) return 'UNREACHABLE';
  if (hasCode(thrown, tooLarge)) return 'CONTROL_PLANE';
  return hasCode(thrown, ...timeoutCodes) ? 'TIMEOUT' : 'BAD_CONNECTION';
}

function fixOf(call: string, thrown: unknown): string {
  if (thrown instanceof ProxyError) return thrown.fix;
  if (isUntrusted(thrown)) return untrusted;
  const [known] = fixes.filter(({ codes }) => codes.test(codeOf(thrown) ?? ''));
  if (known) return known.fix;
  // With TLS 1.3 a server that misses a certificate hangs up once the connection is made.
  const mayMiss = hasCode(thrown, 'UND_ERR_SOCKET', 'ECONNRESET') && call.includes(' https:');
  return mayMiss ? `${wayFix}; where it asks for a certificate, ${clientCertificateFix}` : wayFix;
}

const untrusted =
  'name its authority in controlPlane.tls.ca (a file in PEM), or for the whole process in NODE_EXTRA_CA_CERTS';

const fixes: readonly { readonly codes: RegExp; readonly fix: string }[] = [
  { codes: new RegExp(`^${tooLarge}$`), fix: otherAnswerFix },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    fix: 'write the name in the certificate as that of controlPlane.address, or name it in controlPlane.tls.serverName',
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    fix: certificateTimeFix,
  },
  { codes: /^ERR_SSL_.*ALERT_(HANDSHAKE_FAILURE|.*CERTIFICATE.*|UNKNOWN_CA)$/, fix: clientCertificateFix },
  {
    codes: /^ERR_SSL_WRONG_VERSION_NUMBER$/,
    fix: 'correct the port of controlPlane.address: who listens there speaks no TLS',
  },
];

/** True for a connection that broke or could not be made just now; a time-out has used up its patience already. */
export function isBroken(thrown: unknown): boolean {
  return hasCode(thrown, ...brokenCodes);
}

const timeoutCodes = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

/** The codes that undici's own retry takes for passing. */
const brokenCodes = [
  'ECONNRESET',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EPIPE',
  'UND_ERR_SOCKET',
];
