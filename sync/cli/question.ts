import { formatProblem } from '#core/errors';
import type { Terminal } from '#io/terminal';

export type Question = {
  readonly text: string;
  /** The option that answers where no terminal is there. */
  readonly flag: string;
};

/**
 * Asks a person, where a terminal is there. Returns the reason against the action, or undefined
 * after a yes.
 */
export async function whyUnconfirmed(
  { text, flag }: Question,
  { terminal, json }: { readonly terminal: Pick<Terminal, 'confirm'>; readonly json?: boolean },
): Promise<string | undefined> {
  if (json || !terminal.confirm)
    return formatProblem({
      reason: 'no terminal is there to ask for a confirmation',
      fix: `review the plan, then add ${flag}`,
    });
  return (await terminal.confirm(text)) ? undefined : 'not confirmed';
}
