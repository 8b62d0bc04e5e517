import type { Problem } from '#core/errors';
import { type Document, nameOf } from '#deck/document';

type Guarding = {
  readonly protect: readonly string[];
  /** What people wanted to do, for them. */
  readonly next: string;
};

/** Why a domain cannot leave: `protect` lists it, or something that is held of it. Undefined: nothing of it is protected. */
export function whyProtected(domain: string, held: Document, { protect, next }: Guarding): Problem | undefined {
  const names = held.filter((one) => one.domain === domain).map(nameOf);
  const entries = protect.filter((entry) => entry === domain || names.includes(entry));
  if (entries.length === 0) return undefined;
  const fix = `kong-privatelink unprotect ${entries.map(asShellWord).join(' ')}, then ${next}`;
  return { reason: `protect lists ${entries.join(', ')}`, fix };
}

/** The key of a target has a bar in it, which a shell would take for a pipe. */
function asShellWord(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
