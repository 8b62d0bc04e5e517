import { parseIp } from '#core/addresses/parse';
import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { Address } from '#core/model';

/** Kong's longest tag. */
const maxTag = 128;

/**
 * Whether a text can be the id of an endpoint. It must be a valid tag of Kong, so it holds neither
 * `,` nor `/`. It must not look like a tag of this product (`owner:…`, `scope:…`): the id would
 * then choose that tag.
 */
export function isEndpointId(text: string): boolean {
  return text.length <= maxTag && /^(?![a-z-]+:|kong-privatelink$)[\w.:@~!-]+$/.test(text);
}

/** People do not read longer texts of AWS. Characters. */
const maxText = 1_000;

/** Cuts a text for people at that length. */
export function cut(text: string): string;
export function cut(text: string | undefined): string | undefined;
export function cut(text: string | undefined): string | undefined {
  return text !== undefined && text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

/** A problem for a field that the provider leaves out, or gives in an unusable form. */
export function missingField(reason: string): Problem {
  return { reason, fix: 'the next pass reads it again; if the problem stays, describe it with the AWS CLI' };
}

/** More names behind one endpoint help nobody. */
const maxNames = 50;

/** The first names, each cut. */
export function cutNames(names: readonly string[]): readonly string[] {
  return names.slice(0, maxNames).map((name) => cut(name));
}

/**
 * Returns the addresses in one spelling, each once, in order, or the first text that is no address.
 */
export function spellAddresses(addresses: readonly Address[]): readonly Address[] | Problem {
  const spelled: Address[] = [];
  for (const address of addresses) {
    const ip = parseIp(address.ip);
    if (ip === undefined) {
      const reason = `has the address ${JSON.stringify(cut(address.ip))}, but that is no IP address`;
      return { reason, fix: 'correct the tag or record with this address' };
    }
    spelled.push(ip === address.ip ? address : { ...address, ip });
  }
  return isInOrder(spelled) ? spelled : inOrder(spelled);
}

/** The usual case: a relay passes on addresses in order. */
function isInOrder(spelled: readonly Address[]): boolean {
  return spelled.every(({ ip }, index) => index === 0 || compareText(spelled[index - 1]?.ip ?? '', ip) < 0);
}

/** Of an address that is listed twice, the last entry wins. */
function inOrder(spelled: readonly Address[]): readonly Address[] {
  return [...new Map(spelled.map((one) => [one.ip, one])).values()].sort((a, b) => compareText(a.ip, b.ip));
}
