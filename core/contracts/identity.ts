/** Headers in which a data plane tells a provider who calls; what a client sends under these names is removed. */
export const identityHeaders = { consumer: 'X-Privatelink-Consumer', endpoint: 'X-Privatelink-Endpoint' } as const;

/** Under these, and with `_` for `-`, Kong passes a header on; programs behind CGI or WSGI cannot tell one spelling from another. */
const folded: ReadonlySet<string> = new Set(Object.values(identityHeaders).map(foldHeader));

/** The name of a header in the one spelling that providers may see of all its spellings: lower case, `_` for `-`. */
export function foldHeader(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Whether a header, in any spelling, is one of those that tell a provider who calls. */
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
