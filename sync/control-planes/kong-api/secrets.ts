type Secrets = { readonly token?: string; readonly headers?: Readonly<Record<string, string>> };

/** A shorter value of a header is none, and would be found in anything. */
const shortest = 4;
/** Of a word in it, such as what follows `Basic`. */
const shortestWord = 8;

/** Gives what masks the secrets of a control plane's configuration in what others say: they may quote what they were sent. */
export function maskOf({ token, headers = {} }: Secrets): (text: string) => string {
  const values = Object.values(headers).filter((value) => value.length >= shortest);
  const words = values.flatMap((value) => value.split(/\s+/)).filter((word) => word.length >= shortestWord);
  const secrets = [...(token ? [token] : []), ...values, ...words].flatMap((one) => [one, inJson(one)]);
  // One may be a part of another.
  secrets.sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
