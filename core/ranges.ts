/** Whether two IPv4 ranges (`10.0.0.0/16`) have an address in common; never for what is no such range. */
export function overlap(one: string, other: string): boolean {
  const a = boundsOf(one);
  const b = boundsOf(other);
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

type Bounds = { readonly first: number; readonly last: number };

function boundsOf(range: string): Bounds | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(range);
  if (!match) return undefined;
  const [length = 0, ...bytes] = match.slice(1).map(Number).reverse();
  const address = bytes.reverse().reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - length);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
