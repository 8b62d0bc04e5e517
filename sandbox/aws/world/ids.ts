import { createHash } from 'node:crypto';

/** Lowercase hex of `text`, `length` digits (at most 40): the same in every run. */
export function digest(text: string, length: number): string {
  return createHash('sha1').update(text).digest('hex').slice(0, length);
}

/**
 * Creates ids such as `vpce-0…`: 17 hex digits, the first 0 as with AWS. Each run repeats their
 * order.
 */
export function createIssuer(): (kind: string) => { readonly id: string; readonly sequence: number } {
  let sequence = 0;
  return (kind) => {
    sequence += 1;
    return { id: `${kind}-0${digest(`${kind}:${sequence}`, 16)}`, sequence };
  };
}
