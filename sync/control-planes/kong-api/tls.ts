import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, createSecureContext, type SecureContext } from 'node:tls';
import type { AdminConfig } from '#config/schema';
import { messageOf, PrivatelinkError } from '#core/errors';
import { isMissingFile, readRegular } from '#io/files';

export type TlsConfig = NonNullable<AdminConfig['tls']>;

/** Options for Node's TLS. */
export type ReadTls = {
  readonly secureContext: SecureContext;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
};

/**
 * Reads the files in `controlPlane.tls`, each time again: client certificates are short-lived.
 * Throws PrivatelinkError (CONFIG_INVALID) that names the file.
 */
export async function readTls({ serverName, skipVerify = false, ...files }: TlsConfig): Promise<ReadTls> {
  const ca = await readPem(files.ca, { name: 'ca', fix, use: readBundle });
  const cert = await readPem(files.cert, { name: 'cert', fix, use: (text) => createSecureContext({ cert: text }) });
  const useKey = (text: string) => createSecureContext({ cert, key: text });
  const key = await readPem(files.key, { name: 'key', fix: keyFix, use: useKey });
  const secureContext = createSecureContext({ ca, cert, key });
  return { secureContext, rejectUnauthorized: !skipVerify, ...expected(serverName) };
}

/**
 * An IP address is compared with the certificate but never sent: TLS sends only names of servers
 * (RFC 6066).
 */
function expected(serverName: string | undefined): Partial<ReadTls> {
  if (serverName === undefined || !isIP(serverName)) return { servername: serverName };
  return { checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate) };
}

/**
 * Node silently ignores a bundle from the first unreadable certificate on, so each one is checked.
 */
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

/** Four times the size of a bundle of all public authorities. */
const mostBytes = 2 ** 20;

type Pem = { readonly name: string; readonly fix: string; readonly use: (text: string) => unknown };

/**
 * Reads a file and tries it with `use`. OpenSSL's messages quote nothing of a key and do not name
 * the file, so the error here does.
 */
async function readPem(file: string | undefined, { name, use, ...pem }: Pem): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await readRegular(file, { mostBytes });
    // Node treats an empty text as if the option were absent.
    if (text === '') throw new Error('it is empty');
    use(text);
    return text;
  } catch (cause) {
    const why = isMissingFile(cause) ? 'there is no such file' : messageOf(cause);
    const reason = `controlPlane.tls.${name}: ${file} cannot be used (${why})`;
    throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: pem.fix, cause });
  }
}
