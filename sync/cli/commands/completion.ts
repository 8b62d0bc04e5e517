import { PrivatelinkError } from '#core/errors';
import { bashCompletion } from '../completion/bash';
import { fishCompletion } from '../completion/fish';
import { offersOf } from '../completion/offers';
import { zshCompletion } from '../completion/zsh';
import { exitCodes } from '../exit-codes';
import type { Shown, Verb } from '../verb';
import type { VerbEntry } from '../verb-entry';

type CompletionOptions = Shown & { readonly shell: string };

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Prints the completion script of a shell, made from the table of verbs. */
export function completionOf(verbs: readonly VerbEntry[]): Verb<CompletionOptions> {
  return async ({ terminal, json, shell }) => {
    if (!isKnown(shell)) throw unknownShell(shell);
    const script = shells[shell](offersOf(verbs));
    terminal.out(json ? `${JSON.stringify({ shell, script })}\n` : script);
    return exitCodes.done;
  };
}

function isKnown(shell: string): shell is keyof typeof shells {
  return Object.hasOwn(shells, shell);
}

function unknownShell(shell: string): PrivatelinkError {
  const fix = `name one of ${Object.keys(shells).join(', ')}`;
  return new PrivatelinkError(`there is no completion for ${shell}`, { code: 'CONFIG_INVALID', fix });
}
