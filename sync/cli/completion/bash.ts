import { type Offer, type OptionOffers, programOptions, type VerbOffers } from './offers';

/** Completion for bash 3.2 (macOS) and later. It does not need the package bash-completion. */
export function bashCompletion(verbs: readonly VerbOffers[]): string {
  const words = [...verbs.map(({ name }) => name), ...programOptions.flatMap(namesOf)];
  return `# bash completion for kong-privatelink
_kong_privatelink() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb= words= i
  # --option=value is three words here.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then verb=\${COMP_WORDS[i]}; break; fi
  done
  COMPREPLY=()
  case "$verb $prev" in
${verbs.flatMap(casesOf).join('\n')}
    ' '*) words='${words.join(' ')}' ;;
  esac
  # What bash does by itself where nothing is offered are files: it shall do so where the case returned alone.
  compopt +o default 2>/dev/null
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _kong_privatelink kong-privatelink
`;
}

/** Bash uses the first matching case. */
function casesOf({ name, argument, options }: VerbOffers): readonly string[] {
  const valued = options.flatMap(({ flags, value }) =>
    value ? [caseOf(flags.map((flag) => `'${name} ${flag}'`).join('|'), value)] : [],
  );
  const words = [...(Array.isArray(argument) ? argument : []), ...options.flatMap(namesOf)];
  return [...valued, caseOf(`'${name} '*`, words)];
}

function caseOf(pattern: string, offer: Offer): string {
  if (offer === 'files') return `    ${pattern}) return ;;`;
  return `    ${pattern}) ${offer === 'nothing' ? '' : `words='${offer.join(' ')}' `};;`;
}

/** Offers the long name only, because it explains itself. */
function namesOf({ flags }: OptionOffers): readonly string[] {
  return flags.slice(-1);
}
