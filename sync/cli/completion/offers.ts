import { configOption, jsonOption, type OptionEntry, type VerbEntry } from '../verb-entry';

/** Offers for a place: files, these words, or nothing. */
export type Offer = 'files' | 'nothing' | readonly string[];

export type OptionOffers = {
  /** With dashes, the long flag last. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Offer for the value. Absent: the option takes no value. */
  readonly value?: Offer;
  readonly isRepeatable?: boolean;
};

export type VerbOffers = {
  readonly name: string;
  readonly summary: string;
  /** Absent: the verb takes no argument. */
  readonly argument?: Offer;
  readonly options: readonly OptionOffers[];
};

const helpOption: OptionEntry = ['-h, --help', 'Show help'];
const versionOption: OptionEntry = ['-V, --version', 'Print the version'];

/** Options before a verb. */
export const programOptions: readonly OptionOffers[] = [versionOption, helpOption].map(optionOffers);

/** Returns the offers of all verbs. Commander adds `help`, which takes a verb. */
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

/** A shell can complete file names without help. */
function offerFor(value: string): Offer {
  return /file/.test(value) ? 'files' : 'nothing';
}
