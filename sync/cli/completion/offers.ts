import { configOption, jsonOption, type OptionEntry, type VerbEntry } from '../verb-entry';

/** What a shell can offer in a place: files, these words, or nothing that it could know. */
export type Offer = 'files' | 'nothing' | readonly string[];

export type OptionOffers = {
  /** With their dashes, the long one last. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What the shell offers behind it; absent: it takes no value. */
  readonly value?: Offer;
  readonly isRepeatable?: boolean;
};

export type VerbOffers = {
  readonly name: string;
  readonly summary: string;
  /** Absent: it takes none. */
  readonly argument?: Offer;
  readonly options: readonly OptionOffers[];
};

const helpOption: OptionEntry = ['-h, --help', 'Show help'];
const versionOption: OptionEntry = ['-V, --version', 'Print the version'];

/** What stands before a verb. */
export const programOptions: readonly OptionOffers[] = [versionOption, helpOption].map(optionOffers);

/** The verbs with all that can follow them; `help`, which Commander adds, takes a verb. */
export function offersOf(verbs: readonly VerbEntry[]): readonly VerbOffers[] {
  const help = { name: 'help', summary: 'Show help', argument: verbs.map(({ name }) => name) };
  return [...verbs.map(verbOffers), { ...help, options: [] }];
}

function verbOffers({ name, summary, argument, options = [configOption] }: VerbEntry): VerbOffers {
  const all = [...options, jsonOption, helpOption].map(optionOffers);
  return { name, summary, argument: argument && (argument[2] ?? offerFor(argument[0])), options: all };
}

function optionOffers([text, description, how]: OptionEntry): OptionOffers {
  const flags = text.match(/(?<=^|, )--?[\w-]+/g) ?? [];
  const [value] = /[<[].*[>\]]/.exec(text) ?? [];
  if (value === undefined) return { flags, description };
  if (typeof how === 'object') return { flags, description, value: how };
  return { flags, description, value: offerFor(value), isRepeatable: how === 'repeatable' };
}

/** Names of files are the one value that a shell knows by itself. */
function offerFor(value: string): Offer {
  return /file/.test(value) ? 'files' : 'nothing';
}
