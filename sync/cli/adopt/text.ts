import { paint, type Terminal } from '#io/terminal';
import type { DomainOutcome } from '../../adopt/takeover/preview';
import { formatChanges } from '../../pass/changes-text';
import type { AppliedChange } from '../../plan/changes';

/** Formats the planned takeover of a domain, for people. */
export function formatTakeover(
  { domain, service, changes, findings }: Pick<DomainOutcome, 'domain' | 'service' | 'changes' | 'findings'>,
  terminal: Terminal,
): string {
  const title = `${paint(terminal, 'bold', `Service ${service}`)}: domain ${domain}\n`;
  const notes = findings.map((one) => `  finding: ${one}\n`).join('');
  return `${changes.length > 0 ? `${title}${formatChanges(changes, terminal, { isVerbose: true })}` : title}${notes}`;
}

const said: Readonly<Record<DomainOutcome['state'], string>> = {
  adopted: 'is taken over',
  released: 'is given back',
  waits: 'waits for tags',
  refused: 'stays as it is',
  incomplete: 'is incomplete',
};

/**
 * Returns the remaining work after a failed write, or undefined when all was written. `command`
 * continues the work.
 */
export function whatIsLeft(applied: readonly AppliedChange[], command: string): string | undefined {
  const failed = applied.find(({ outcome }) => outcome !== 'applied');
  if (!failed) return undefined;
  const { kind, key } = failed.change;
  return `${kind} ${key}: ${failed.error}; run ${command} again for the rest`;
}

/** Formats the outcome for a domain, for people. */
export function formatOutcome({ domain, service, state, reason, files }: DomainOutcome): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  const written = files.length > 0 ? `  commit ${files.join(' and ')}\n` : '';
  return `Domain ${domain} (service ${service}) ${said[state]}${why}\n${written}`;
}
