import { hasCode } from '#core/errors';

/** What Node says of a certificate whose authority it does not know. */
const codes = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Whether the certificate of the other side is of an authority that this process does not know. */
export function isUntrusted(thrown: unknown): boolean {
  return hasCode(thrown, ...codes);
}

/** What people do about it where no setting of ours names authorities. */
export const untrustedFix = 'name its authority (a file in PEM) in NODE_EXTRA_CA_CERTS before the process starts';
