import { type Offer, type OptionOffers, programOptions, type VerbOffers } from './offers';

/** Completion for zsh: source it after compinit, or save it as `_kong-privatelink` in fpath. */
export function zshCompletion(verbs: readonly VerbOffers[]): string {
  const program = ["'1: :->verb'", "'*:: :->rest'", ...programOptions.map(specOf)];
  const described = verbs.map(({ name, summary }) => quoted(`${name}:${summary}`));
  return `#compdef kong-privatelink
_kong-privatelink() {
  local context state line
  local -a verbs
  verbs=(
${described.map((one) => `    ${one}`).join('\n')}
  )
  _arguments -C ${program.join(' ')}
  case $state in
    verb) _describe verb verbs ;;
    rest)
      case $line[1] in
${verbs.map(caseOf).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == _kong-privatelink ]]; then _kong-privatelink "$@"; else compdef _kong-privatelink kong-privatelink; fi
`;
}

function caseOf({ name, argument, options }: VerbOffers): string {
  const specs = [...(argument ? [quoted(`1${behind('argument', argument)}`)] : []), ...options.map(specOf)];
  return `        ${name}) _arguments ${specs.join(' ')} ;;`;
}

/**
 * Returns the spec of an option. The option excludes its other name, and itself unless it is
 * repeatable.
 */
function specOf({ flags, description, value, isRepeatable }: OptionOffers): string {
  const shutOut = isRepeatable ? '*' : `(${flags.join(' ')})`;
  const rest = `[${description.replace(/[[\]\\]/g, '\\$&')}]${value ? behind('value', value) : ''}`;
  return flags.map((flag) => quoted(`${shutOut}${flag}${rest}`)).join(' ');
}

function behind(title: string, offer: Offer): string {
  if (offer === 'files') return `:${title}:_files`;
  return `:${title}:${offer === 'nothing' ? ' ' : `(${offer.join(' ')})`}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
