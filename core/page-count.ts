/**
 * Follows a list from page to page: takes what names the next page, and gives why the list has no
 * end, where it has none. A page that was named before, not the last one alone, leads in a circle
 * (fm-54).
 */
export function createPageCount(mostPages: number): (next: string) => string | undefined {
  const named = new Set<string>();
  return (next) => {
    if (named.has(next)) return `page ${named.size + 1} names a next page that was read before`;
    named.add(next);
    return named.size < mostPages ? undefined : `it goes on after ${mostPages} pages`;
  };
}
