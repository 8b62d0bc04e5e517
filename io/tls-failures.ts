import { codeOf, messageOf } from '#core/errors';

/** The fix for an authority unknown to Node, where no setting of ours names authorities. */
export const untrustedFix = 'name its authority (a file in PEM) in NODE_EXTRA_CA_CERTS before the process starts';

/** The fix for a certificate outside its validity. */
export const certificateTimeFix = 'let its certificate be renewed, and set the clock of this machine';

export type TlsSettings = {
  /** People's name for the setting with the address. */
  readonly address: string;
  /** The fix for an authority unknown to Node. */
  readonly untrustedFix: string;
  /** The setting for another name in the certificate. */
  readonly otherName?: string;
};

const fixes: readonly { readonly codes: RegExp; readonly fix: (settings: TlsSettings) => string }[] = [
  {
    codes:
      /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/,
    fix: (settings) => settings.untrustedFix,
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    fix: ({ address, otherName }) =>
      `write the name in the certificate as that of ${address}${otherName ? `, or name it in ${otherName}` : ''}`,
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    fix: () => certificateTimeFix,
  },
  {
    codes: /^ERR_SSL_WRONG_VERSION_NUMBER$/,
    fix: ({ address }) => `correct the port of ${address}: the server there does not speak TLS`,
  },
];

/** Returns the fix for a TLS failure that will repeat; undefined for other failures. */
export function tlsFixOf(thrown: unknown, settings: TlsSettings): string | undefined {
  // Node's agents give a less exact code beside OpenSSL's words.
  const said = opensslWordsOf(thrown)?.replaceAll(' ', '_').toUpperCase();
  const code = said ? `ERR_SSL_${said}` : codeOf(thrown);
  return fixes.find(({ codes }) => codes.test(code ?? ''))?.fix(settings);
}

/** Says why a connection or an answer did not come. */
export function failureWordsOf(thrown: unknown): string {
  return opensslWordsOf(thrown) ?? (messageOf(thrown) || (codeOf(thrown) ?? 'no reason given'));
}

/**
 * Returns OpenSSL's own words. They stand between the place of the error and a line of OpenSSL's
 * source.
 */
export function opensslWordsOf(thrown: unknown): string | undefined {
  return /\w+:error:[^:]*:[^:]*:[^:]*:([^:]+):/.exec(messageOf(thrown))?.[1];
}
