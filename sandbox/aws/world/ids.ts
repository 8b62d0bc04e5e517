import { createHash } from 'node:crypto';

/** Lowercase hex of `text`, `length` digits (at most 40): the same in every run. */
export function digest(text: string, length: number): string {
  return createHash('sha1').update(text).digest('hex').slice(0, length);
}

/** Gives ids such as `vpce-0…`, 17 hex digits of which the first is 0 as AWS issues them, in an order that repeats in every run. */
export function createIssuer(): (kind: string) => { readonly id: string; readonly sequence: number } {
  let sequence = 0;
  return (kind) => {
    sequence += 1;
    return { id: `${kind}-0${digest(`${kind}:${sequence}`, 16)}`, sequence };
  };
}
