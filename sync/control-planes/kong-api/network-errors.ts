import { codeOf, type ErrorCode, hasCode, PrivatelinkError } from '#core/errors';
import { ProxyError } from '#io/proxy/tunnel';
import { failureWordsOf, tlsFixOf } from '#io/tls-failures';
import { tooLarge } from './exchange';

/** What people do about an answer that is none of the control plane's. */
export const otherAnswerFix =
  'check controlPlane.address, and that no proxy or cache on the way answers in place of the control plane';

/** What people do about an answer that does not come. */
export const wayFix = 'check controlPlane.address and the way to it (DNS, proxy, firewall)';

/** What people do where a server asks for a certificate and gets none, or none that it takes. */
export const clientCertificateFix =
  'name a certificate that the server accepts, and its key, in controlPlane.tls.cert and controlPlane.tls.key';

/** The error for a call that brought no whole answer. */
export function networkError(call: string, thrown: unknown): PrivatelinkError {
  return new PrivatelinkError(`no answer to ${call}: ${failureWordsOf(thrown)}`, {
    code: meaningOf(thrown),
    fix: fixOf(call, thrown),
    cause: thrown,
  });
}

/** What undici knows no better of, such as a certificate, will be the same at the next try. */
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
  // With TLS 1.3 a server that misses a certificate hangs up once the connection is made.
  const mayMiss = hasCode(thrown, 'UND_ERR_SOCKET', 'ECONNRESET') && call.includes(' https:');
  return mayMiss ? `${wayFix}; if the server asks for a certificate, ${clientCertificateFix}` : wayFix;
}

const settings = {
  address: 'controlPlane.address',
  untrustedFix:
    'name its authority in controlPlane.tls.ca (a file in PEM), or for the whole process in NODE_EXTRA_CA_CERTS',
  otherName: 'controlPlane.tls.serverName',
};

/** A server says so of a certificate that it misses, or does not take. */
const refusedCertificate = /^ERR_SSL_.*ALERT_(HANDSHAKE_FAILURE|.*CERTIFICATE.*|UNKNOWN_CA)$/;

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
