/**
 * Characters with a special meaning when unencoded (RFC 3986). Kong keeps their encoding, in
 * capitals (kong/tools/uri.lua, 3.9).
 */
const reserved = "!*'();:@&=+$,/?%#[]";

/** Converts a text to its bytes as sent, one character for each byte. Kong compares bytes. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Returns the path that Kong routes by: without the query, decoded where this keeps the meaning,
 * without dot segments and double slashes.
 */
export function routedPath(path: string): string {
  const bytes = bytesOf(path);
  const query = bytes.indexOf('?', 1);
  const raw = query < 0 ? bytes : bytes.slice(0, query);
  const decoded = raw.replace(/%([\da-f]{2})/gi, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return reserved.includes(character) ? whole.toUpperCase() : character;
  });
  const isPlain = decoded === '/' || !/\.|\/\//.test(decoded);
  return isPlain ? decoded : withoutDots(decoded);
}

function withoutDots(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..') out.pop();
    if (segment === '.' || segment === '..' || segment === '') {
      if (isLast) out.push('/');
      continue;
    }
    out.push(`/${segment}`);
  }
  return out.join('');
}
