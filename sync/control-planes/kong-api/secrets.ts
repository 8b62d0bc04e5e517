type Secrets = { readonly token?: string; readonly headers?: Readonly<Record<string, string>> };

/** A shorter header value is no secret, and would match in any text. */
const shortest = 4;
/** Shortest word of a header value, such as the one after `Basic`. */
const shortestWord = 8;

/**
 * Returns the function that masks secrets of the configuration in texts from elsewhere, which may
 * quote what was sent.
 */
export function maskOf({ token, headers = {} }: Secrets): (text: string) => string {
  const values = Object.values(headers).filter((value) => value.length >= shortest);
  const words = values.flatMap((value) => value.split(/\s+/)).filter((word) => word.length >= shortestWord);
  const secrets = [...(token ? [token] : []), ...values, ...words].flatMap((one) => [one, inJson(one)]);
  // One secret may be a part of another.
  secrets.sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
