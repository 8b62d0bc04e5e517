import { parseIp } from '#core/addresses/parse';
import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { Address } from '#core/model';

/** What an endpoint is, beside what it claims: its id becomes a tag, the rest is for people. */

/** Kong's longest tag. */
const maxTag = 128;

/**
 * Whether a text can be the id of an endpoint: a tag of Kong's, which holds neither `,` nor `/`, and none of those that this product
 * gives a meaning to (`owner:…`, `scope:…`), or whoever chooses the id would choose them.
 */
export function isEndpointId(text: string): boolean {
  return text.length <= maxTag && /^(?![a-z-]+:|kong-privatelink$)[\w.:@~!-]+$/.test(text);
}

/** Longer texts of AWS's are none that a person reads. */
const maxText = 1_000;

/** A text for people, cut where it is longer than that. */
export function cut(text: string): string;
export function cut(text: string | undefined): string | undefined;
export function cut(text: string | undefined): string | undefined {
  return text !== undefined && text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

/** What a provider leaves out of an answer, or says in a form that nobody can use. */
export function missingField(reason: string): Problem {
  return { reason, fix: 'it is read again in the next pass; if this stays, describe it with the AWS CLI' };
}

/** More names than this behind one endpoint are of no use to anybody. */
const maxNames = 50;

/** Names for people: the first of them, each cut. */
export function cutNames(names: readonly string[]): readonly string[] {
  return names.slice(0, maxNames).map((name) => cut(name));
}

/** The addresses in their one spelling, each once, ordered; or which of them is none. */
export function spellAddresses(addresses: readonly Address[]): readonly Address[] | Problem {
  const spelled: Address[] = [];
  for (const address of addresses) {
    const ip = parseIp(address.ip);
    if (ip === undefined) {
      const reason = `has the address ${JSON.stringify(cut(address.ip))}, which is no IP address`;
      return { reason, fix: 'correct what says so' };
    }
    spelled.push(ip === address.ip ? address : { ...address, ip });
  }
  return isInOrder(spelled) ? spelled : inOrder(spelled);
}

/** As they nearly always are: a relay passes on what was ordered before. */
function isInOrder(spelled: readonly Address[]): boolean {
  return spelled.every(({ ip }, index) => index === 0 || compareText(spelled[index - 1]?.ip ?? '', ip) < 0);
}

/** Of one that is there twice, what was said last. */
function inOrder(spelled: readonly Address[]): readonly Address[] {
  return [...new Map(spelled.map((one) => [one.ip, one])).values()].sort((a, b) => compareText(a.ip, b.ip));
}
