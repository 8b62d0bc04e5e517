import { type Offer, type OptionOffers, programOptions, type VerbOffers } from './offers';

/** Completion for fish from 3.0. */
export function fishCompletion(verbs: readonly VerbOffers[]): string {
  const beforeVerb = '-n __fish_use_subcommand';
  return [
    '# fish completion for kong-privatelink',
    'complete -c kong-privatelink -f',
    ...verbs.map(({ name, summary }) => `complete -c kong-privatelink ${beforeVerb} -a ${name} -d ${quoted(summary)}`),
    ...programOptions.map((option) => lineOf(beforeVerb, option)),
    ...verbs.flatMap(linesOf),
    '',
  ].join('\n');
}

function linesOf({ name, argument, options }: VerbOffers): readonly string[] {
  const behindVerb = `-n '__fish_seen_subcommand_from ${name}'`;
  const words = Array.isArray(argument)
    ? [`complete -c kong-privatelink ${behindVerb} -a '${argument.join(' ')}'`]
    : [];
  return [...words, ...options.map((option) => lineOf(behindVerb, option))];
}

function lineOf(condition: string, { flags, description, value }: OptionOffers): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [
    'complete -c kong-privatelink',
    condition,
    ...names,
    ...(value ? [behind(value)] : []),
    `-d ${quoted(description)}`,
  ].join(' ');
}

function behind(offer: Offer): string {
  if (offer === 'files') return '-r -F';
  return offer === 'nothing' ? '-x' : `-x -a '${offer.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
