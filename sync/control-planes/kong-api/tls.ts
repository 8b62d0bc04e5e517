import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, createSecureContext, type SecureContext } from 'node:tls';
import type { AdminConfig } from '#config/schema';
import { messageOf, PrivatelinkError } from '#core/errors';
import { isMissingFile, readRegular } from '#io/files';

export type TlsConfig = NonNullable<AdminConfig['tls']>;

/** What Node's TLS takes. */
export type ReadTls = {
  readonly secureContext: SecureContext;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
};

/** Reads the files that `controlPlane.tls` names, afresh: certificates of clients are short-lived. Throws PrivatelinkError (CONFIG_INVALID) that names the file. */
export async function readTls({ serverName, skipVerify = false, ...files }: TlsConfig): Promise<ReadTls> {
  const ca = await readPem(files.ca, { name: 'ca', fix, use: readBundle });
  const cert = await readPem(files.cert, { name: 'cert', fix, use: (text) => createSecureContext({ cert: text }) });
  const useKey = (text: string) => createSecureContext({ cert, key: text });
  const key = await readPem(files.key, { name: 'key', fix: keyFix, use: useKey });
  const secureContext = createSecureContext({ ca, cert, key });
  return { secureContext, rejectUnauthorized: !skipVerify, ...expected(serverName) };
}

/** An address is compared with the certificate, and never sent: TLS names a server by its name alone (RFC 6066). */
function expected(serverName: string | undefined): Partial<ReadTls> {
  if (serverName === undefined || !isIP(serverName)) return { servername: serverName };
  return { checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate) };
}

/** Node takes a bundle as far as the first certificate that it cannot read, and says nothing of it. */
function readBundle(text: string): void {
  const found = text.split(/(?=-----BEGIN [\w ]*CERTIFICATE-----)/).filter((part) => part.startsWith('-----BEGIN'));
  for (const [index, part] of (found.length > 0 ? found : [text]).entries()) {
    try {
      new X509Certificate(part);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} of ${found.length}: ${messageOf(cause)}`, { cause });
    }
  }
}

const fix = 'name a file of certificates in PEM';
const keyFix = 'name the key of controlPlane.tls.cert, in PEM and without a passphrase';

/** A bundle of all public authorities has a quarter of it. */
const mostBytes = 2 ** 20;

type Pem = { readonly name: string; readonly fix: string; readonly use: (text: string) => unknown };

/** The text of a file that `use` takes. OpenSSL's words, which quote nothing of a key, do not say which file they mean. */
async function readPem(file: string | undefined, { name, use, ...pem }: Pem): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await readRegular(file, { mostBytes });
    // To Node a text without anything is none at all.
    if (text === '') throw new Error('it is empty');
    use(text);
    return text;
  } catch (cause) {
    const why = isMissingFile(cause) ? 'there is no such file' : messageOf(cause);
    const reason = `controlPlane.tls.${name}: ${file} cannot be used (${why})`;
    throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: pem.fix, cause });
  }
}
