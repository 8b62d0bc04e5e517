import { describe, expect, it } from '@jest/globals';
import { isBroken, networkError } from '#sync/control-planes/kong-api/network-errors';

describe('networkError', () => {
  it.each([
    ['ECONNRESET', 'UNREACHABLE', true, true],
    ['ENOTFOUND', 'UNREACHABLE', true, true],
    ['CERT_HAS_EXPIRED', 'BAD_CONNECTION', false, false],
    ['UND_ERR_HEADERS_TIMEOUT', 'TIMEOUT', true, false],
  ])('maps %s to %s', (networkCode, code, transient, isRetried) => {
    const thrown = Object.assign(new Error('no luck'), { code: networkCode });

    expect(networkError('GET /x', thrown)).toMatchObject({ code, transient, cause: thrown });
    expect(isBroken(thrown)).toBe(isRetried);
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'controlPlane.tls.ca'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'controlPlane.tls.ca'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'controlPlane.tls.serverName'],
    ['CERT_HAS_EXPIRED', 'let its certificate be renewed'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'controlPlane.tls.cert'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'controlPlane.tls.cert'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'controlPlane.tls.cert'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS'],
    ['UND_ERR_SOCKET', 'controlPlane.tls.cert'],
    ['ECONNREFUSED', 'check controlPlane.address and the way to it (DNS, proxy, firewall)'],
  ])('fm-61 names the fix for %s', (code, fix) => {
    const thrown = Object.assign(new Error('no luck'), { code });

    expect(networkError('GET https://kong.example/x', thrown).fix).toContain(fix);
  });

  it("quotes OpenSSL's words without its source line", () => {
    const said =
      '80AC:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../ssl/record.c:1601:x';

    expect(networkError('GET /x', new Error(said)).reason).toBe('no answer to GET /x: sslv3 alert handshake failure');
  });
});
