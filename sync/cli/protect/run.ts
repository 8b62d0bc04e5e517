import { loadProtecting } from '#config/file';
import { isProtectable } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { printable } from '#core/printable';
import { addProtected, type ProtectEdit, removeProtected } from '../../adopt/included/protect';
import { exitCodes } from '../exit-codes';
import type { Configured, Verb } from '../verb';

type ProtectOptions = Configured & {
  /** Domains, and entities as diff names them. */
  readonly names?: readonly string[];
};

/** Adds domains and entities to `protect`, in the first included file. */
export const runProtect: Verb<ProtectOptions> = async (options) => {
  const entries = entriesOf('protect', options);
  const edit = await addProtected(filesOf(options), entries);
  return tell(options, edit, { changed: 'is protected now', unchanged: 'was protected already' });
};

/** Removes domains and entities from `protect`. */
export const runUnprotect: Verb<ProtectOptions> = async (options) => {
  const entries = entriesOf('unprotect', options);
  const edit = await removeProtected(filesOf(options), entries);
  return tell(options, edit, { changed: 'is no longer protected', unchanged: 'was not protected' });
};

function entriesOf(verb: string, { names = [] }: ProtectOptions): readonly string[] {
  const wrong = names.find((name) => !isProtectable(name));
  if (wrong === undefined) return [...new Set(names)];
  const fix =
    'name a domain (sd2), or an entity by its kind, a colon and its key (route:sd2, target:sd2.privatelink|10.0.1.11:80)';
  throw new PrivatelinkError(`${verb}: "${wrong}" is neither a domain nor an entity`, { code: 'CONFIG_INVALID', fix });
}

function filesOf({ config, terminal }: ProtectOptions) {
  return loadProtecting({ path: config, env: terminal.env });
}

type Words = Readonly<Record<'changed' | 'unchanged', string>>;

function tell({ terminal, json }: ProtectOptions, edit: ProtectEdit, words: Words): number {
  const { file, changed, unchanged } = edit;
  const lines = [
    ...changed.map((entry) => `${entry} ${words.changed} (${file})`),
    ...unchanged.map((entry) => `${entry} ${words.unchanged}`),
  ];
  terminal.out(json ? `${JSON.stringify(edit)}\n` : lines.map((line) => `${printable(line)}\n`).join(''));
  return exitCodes.done;
}
