import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patienceMs } from './until';

/**
 * A shell of this machine with its completion in a file. Its arguments are lines. For each line it
 * prints the offers of the Tab key, then `.`.
 */
const harnesses = {
  bash: [
    '--norc',
    '-c',
    `source ./.completion
# Outside of a completion this fails: that bash shall offer no files by itself.
compopt() { files=; }
for line; do
  files=kong.yaml
  read -ra COMP_WORDS <<<"$line"
  [[ $line != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _kong_privatelink kong-privatelink "\${COMP_WORDS[COMP_CWORD]}"
  printf '%s\\n' "\${COMPREPLY[@]}" $files .
done`,
    'bash',
  ],
  zsh: [
    '-f',
    '-c',
    `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT= RPROMPT=; autoload -U compinit; compinit -u -D; source ./.completion'
# All that is offered goes through this.
zpty -w shell 'compadd() { if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
local -a hits; builtin compadd -A hits "$@"; print -rl -- "<hit>"$^hits"</hit>"; builtin compadd "$@" }'
zpty -w shell 'mark() { print -r -- "<ma""rk>" }; bindkey "^I" complete-word; print -r -- "<rea""dy>"'
zpty -r shell said '*<ready>*'
for line; do
  zpty -w -n shell $'\\C-u'
  zpty -w shell 'compprefuncs=(mark) comppostfuncs=(mark)'
  zpty -w -n shell "$line"$'\\t'
  zpty -r shell said '*<mark>*<mark>*'
  for hit in \${(f)said}; do [[ $hit == '<hit>'* ]] && print -r -- \${\${hit#<hit>}%%</hit>*}; done
  print .
done
zpty -d shell`,
    'zsh',
  ],
  fish: ['--no-config', '-c', 'source ./.completion; for line in $argv; complete -C $line; echo .; end'],
} as const;

export type CompletingShell = keyof typeof harnesses;

export const completingShells = Object.keys(harnesses) as readonly CompletingShell[];

export function isInstalled(shell: CompletingShell): boolean {
  return spawnSync(shell, ['-c', 'exit']).error === undefined;
}

/**
 * The shell's offers at the end of each line, sorted. `folder` is its working directory, with
 * `kong.yaml`.
 */
export function offeredBy(
  shell: CompletingShell,
  { script, folder, lines }: { readonly script: string; readonly folder: string; readonly lines: readonly string[] },
): ReadonlyMap<string, readonly string[]> {
  writeFileSync(join(folder, '.completion'), script);
  const ran = spawnSync(shell, [...harnesses[shell], ...lines], {
    cwd: folder,
    encoding: 'utf8',
    timeout: patienceMs,
    env: { ...process.env, HOME: folder, TERM: 'dumb' },
  });
  if (ran.status !== 0 || ran.stderr)
    throw new Error(`${shell} ended with ${ran.status}: ${ran.stderr}${ran.error ?? ''}`);
  const said = ran.stdout.split(/^\.$/m).slice(0, -1);
  return new Map(lines.map((line, index) => [line, wordsOf(said[index] ?? '')]));
}

/** fish tells what each is for, behind a tab. */
function wordsOf(said: string): readonly string[] {
  const words = said.split('\n').map((one) => one.split('\t')[0] ?? '');
  return words.filter(Boolean).sort();
}
