import { codeOf, type ErrorCode, hasCode, PrivatelinkError } from '#core/errors';
import { ProxyError } from '#io/proxy/tunnel';
import { failureWordsOf, tlsFixOf } from '#io/tls-failures';
import { tooLarge } from './exchange';

/** Fix for an answer that does not come from the control plane. */
export const otherAnswerFix =
  'check controlPlane.address, and that no proxy or cache on the way answers in place of the control plane';

/** Fix for an answer that does not come. */
export const wayFix = 'check controlPlane.address and the way to it (DNS, proxy, firewall)';

/** Fix when a server asks for a certificate and gets none, or a wrong one. */
export const clientCertificateFix =
  'name a certificate that the server accepts, and its key, in controlPlane.tls.cert and controlPlane.tls.key';

/** Makes the error for a call without a complete answer. */
export function networkError(call: string, thrown: unknown): PrivatelinkError {
  return new PrivatelinkError(`no answer to ${call}: ${failureWordsOf(thrown)}`, {
    code: meaningOf(thrown),
    fix: fixOf(call, thrown),
    cause: thrown,
  });
}

/**
 * Errors that undici does not call transient, such as a certificate, stay the same at the next try.
 */
function meaningOf(thrown: unknown): ErrorCode {
  if (isBroken(thrown)) return 'UNREACHABLE';
  if (hasCode(thrown, tooLarge)) return 'CONTROL_PLANE';
  return hasCode(thrown, ...timeoutCodes) ? 'TIMEOUT' : 'BAD_CONNECTION';
}

function fixOf(call: string, thrown: unknown): string {
  if (thrown instanceof ProxyError) return thrown.fix;
  if (hasCode(thrown, tooLarge)) return otherAnswerFix;
  if (refusedCertificate.test(codeOf(thrown) ?? '')) return clientCertificateFix;
  const fix = tlsFixOf(thrown, settings);
  if (fix) return fix;
  // With TLS 1.3 a server without the client's certificate closes the connection after it was made.
  const mayMiss = hasCode(thrown, 'UND_ERR_SOCKET', 'ECONNRESET') && call.includes(' https:');
  return mayMiss ? `${wayFix}; if the server asks for a certificate, ${clientCertificateFix}` : wayFix;
}

const settings = {
  address: 'controlPlane.address',
  untrustedFix:
    'name its authority in controlPlane.tls.ca (a file in PEM), or for the whole process in NODE_EXTRA_CA_CERTS',
  otherName: 'controlPlane.tls.serverName',
};

/** Alerts of a server that misses a certificate or refuses it. */
const refusedCertificate = /^ERR_SSL_.*ALERT_(HANDSHAKE_FAILURE|.*CERTIFICATE.*|UNKNOWN_CA)$/;

/**
 * Whether a connection broke or could not be made now. A time-out is not worth a retry, since it
 * has already waited.
 */
export function isBroken(thrown: unknown): boolean {
  return hasCode(thrown, ...brokenCodes);
}

const timeoutCodes = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

/** Codes that undici's own retry treats as transient. */
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
