import type { Problem } from '#core/errors';
import { shellWord } from '#core/printable';
import { type Document, nameOf } from '#deck/document';

type Guarding = {
  readonly protect: readonly string[];
  /** The command that people wanted to run. */
  readonly next: string;
};

/**
 * Why a domain cannot leave: `protect` lists the domain or one of its entities. Undefined: nothing
 * of it is protected.
 */
export function whyProtected(domain: string, held: Document, { protect, next }: Guarding): Problem | undefined {
  const names = held.filter((one) => one.domain === domain).map(nameOf);
  const entries = protect.filter((entry) => entry === domain || names.includes(entry));
  if (entries.length === 0) return undefined;
  const fix = `kong-privatelink unprotect ${entries.map(shellWord).join(' ')}, then ${next}`;
  return { reason: `protect lists ${entries.join(', ')}`, fix };
}
