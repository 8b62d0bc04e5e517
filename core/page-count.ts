/**
 * Follows a list from page to page. Takes the name of the next page, and returns the reason when
 * the list does not end. A page that was named before leads in a circle, even when it was not the
 * last one (fm-54).
 */
export function createPageCount(mostPages: number): (next: string) => string | undefined {
  const named = new Set<string>();
  return (next) => {
    if (named.has(next)) return `page ${named.size + 1} names a next page that was read before`;
    named.add(next);
    return named.size < mostPages ? undefined : `it goes on after ${mostPages} pages`;
  };
}
