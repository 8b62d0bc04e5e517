type Secrets = { readonly token?: string; readonly headers?: Readonly<Record<string, string>> };

/** A shorter value of a header is none, and would be found in anything. */
const shortest = 4;

/** Gives what masks the secrets of a control plane's configuration in what others say: they may quote what they were sent. */
export function maskOf({ token, headers = {} }: Secrets): (text: string) => string {
  const values = Object.values(headers).filter((value) => value.length >= shortest);
  const secrets = token ? [token, ...values] : values;
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
