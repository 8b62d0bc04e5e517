/**
 * Headers in which a data plane names the caller to a provider. The data plane removes these
 * headers from requests of clients.
 */
export const identityHeaders = { consumer: 'X-Privatelink-Consumer', endpoint: 'X-Privatelink-Endpoint' } as const;

/**
 * Kong passes on spellings with `_` for `-` too, and programs behind CGI or WSGI cannot tell them
 * apart.
 */
const folded: ReadonlySet<string> = new Set(Object.values(identityHeaders).map(foldHeader));

/** Normalises the name of a header as CGI sees it: lower case, `_` for `-`. */
export function foldHeader(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Whether a header, in any spelling, names the caller to a provider. */
export function isIdentityHeader(name: string): boolean {
  return folded.has(foldHeader(name));
}

/** Each spelling with `-` or `_` between the words of a header's name. */
export function spellingsOf(name: string): readonly string[] {
  const [first = '', ...others] = name.split('-');
  return others.reduce<readonly string[]>(
    (all, word) => all.flatMap((begun) => [`${begun}-${word}`, `${begun}_${word}`]),
    [first],
  );
}
