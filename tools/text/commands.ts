import type { Passage } from './sentences';

/** What people can type. */
export type Offered = {
  readonly scripts: ReadonlySet<string>;
  /** Options by their verb, with their dashes. */
  readonly verbs: ReadonlyMap<string, readonly string[]>;
};

type Command = { readonly line: number; readonly text: string; readonly problem?: string };

const script = /\bnpm run (?:--silent )?([\w:-]+)/g;
/** A command begins a line, or stands after a sign of the shell, a variable, `npx` or `sudo`. */
const command =
  /(?:^\s*|\$ |\bsudo |\brun: |\b[A-Z_]+=\S* |\bnpx (?:-\S+ )*|[;|&(]\s*|\/)(?:@kong-privatelink\/cli|kong-privatelink) +([a-z][^\n#|&;)]*)/gm;

/** Returns the commands of this product in a piece of code, with what is wrong with each. */
export function commandsOf({ line, text }: Passage, offered: Offered): readonly Command[] {
  const at = (index: number) => line + text.slice(0, index).split('\n').length - 1;
  return [
    ...[...text.matchAll(script)].map(({ index, 0: whole, 1: name = '' }) => ({
      line: at(index),
      text: whole,
      problem: offered.scripts.has(name) ? undefined : `package.json has no script ${name}`,
    })),
    ...[...text.matchAll(command)].map(({ index, 0: whole, 1: words = '' }) => ({
      line: at(index),
      text: whole.trim(),
      problem: commandProblem(words, offered),
    })),
  ];
}

function commandProblem(words: string, { verbs }: Offered): string | undefined {
  const [verb = ''] = words.trim().split(/\s/);
  const options = verbs.get(verb);
  if (!options) return `there is no verb ${verb}`;
  const named = words.match(/(?<=[\s[(])--?[A-Za-z][\w-]*/g) ?? [];
  const unknown = named.find((option) => !options.includes(option));
  return unknown && `${verb} has no option ${unknown}`;
}
