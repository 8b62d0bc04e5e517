import { messageOf, PrivatelinkError } from '#core/errors';
import type { unexpectedMessages } from '#core/messages/errors';
import { called } from './called';

/** The code of an error without one. */
export const unexpected: keyof typeof unexpectedMessages = 'UNEXPECTED';

/**
 * Returns the `--json` form of an error. Each of several problems in a file has its own fix, and
 * `fix` joins all of them.
 */
export function errorView(thrown: unknown) {
  const { code = unexpected, transient = false, fix, problems = [] } = thrown instanceof PrivatelinkError ? thrown : {};
  const all = problems.map((one) => (one.path ? `${one.path}: ${one.fix}` : one.fix)).join('; ');
  const listed = problems.length > 0 ? problems : undefined;
  return { code, message: messageOf(thrown), fix: fix ?? (all || undefined), transient, problems: listed };
}

/**
 * Returns the code, and the line that leads to its causes. A message about a mistake of the user
 * names its cause itself.
 */
export function codeText(code: string): string {
  return code === 'CONFIG_INVALID' ? ` [${code}]` : ` [${code}]\n  causes and fixes: ${called} explain ${code}`;
}
