import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { Terminal } from '#io/terminal';
import { version } from '../pass/version';
import { exitCodes, exitMeanings, formatExits } from './exit-codes';
import { configOption, type VerbEntry, verbs } from './verbs';

export type MainOptions = { readonly terminal: Terminal; readonly signal: AbortSignal };

/** Runs one command line without the program's name; gives the exit code. Never throws. */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  let exitCode: number = exitCodes.done;
  const isJson = argv.includes('--json');
  const done = (code: number) => {
    exitCode = code;
  };
  // With --json what is wrong with the command line is told as JSON alone.
  const program = createProgram(options, { writeErr: isJson ? () => {} : options.terminal.err, done });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return report(thrown, isJson, options.terminal);
    if (thrown.exitCode === 0) return exitCodes.done;
    return isJson ? report(usageError(thrown, argv), isJson, options.terminal) : exitCodes.error;
  }
}

/** What Commander says in two lines on standard error, as an error of ours. */
function usageError({ message }: CommanderError, argv: readonly string[]): PrivatelinkError {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const verb = verbs.find(({ name }) => argv.includes(name));
  return new PrivatelinkError(text, { code: 'CONFIG_INVALID', fix: usageFix(verb?.name) });
}

function usageFix(verb?: string): string {
  return `${['kong-privatelink', ...(verb ? [verb] : []), '--help'].join(' ')} shows what there is`;
}

/** What is left of an unset variable in a script must not read as if the option had been left out: `--plan ""` would write what nobody approved. */
function parseValue(text: string): string {
  const isMissing = text === '' || text.startsWith('--');
  if (isMissing) throw new InvalidArgumentError('That is no value: give one, or leave the option out.');
  return text;
}

function addValue(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseValue(text)];
}

function report(thrown: unknown, json: boolean, terminal: Terminal): number {
  const known = thrown instanceof PrivatelinkError ? thrown : undefined;
  const { code = 'UNEXPECTED', transient = false, fix } = known ?? {};
  const message = messageOf(thrown);
  if (json) terminal.out(`${JSON.stringify({ error: { code, message, fix, transient } })}\n`);
  else terminal.err(known ? `error: ${message} [${code}]\n` : `error: ${message}\n`);
  return exitCodes.error;
}

type Ending = { readonly writeErr: (text: string) => void; readonly done: (exitCode: number) => void };

function createProgram({ terminal, signal }: MainOptions, { writeErr, done }: Ending): Command {
  const program = new Command('kong-privatelink')
    .description(
      'Keeps Kong routed to AWS PrivateLink endpoints: tag an endpoint kong:domain=sd2, and Kong routes /sd2 to it.',
    )
    .version(version)
    .addHelpText(
      'after',
      `
Configuration: -c FILE, else $KONG_PRIVATELINK_CONFIG, else ./kong-privatelink.yaml
First steps:   kong-privatelink sandbox          see it work, nothing needed
               kong-privatelink doctor           what is missing before it works for you, and the fix
               kong-privatelink discover         what your endpoints look like from here
               kong-privatelink diff             what would change, and why
               kong-privatelink sync             change it
Exit codes:    ${formatExits(exitMeanings)}`,
    )
    .showHelpAfterError(`(${usageFix()})`)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr });
  for (const verb of verbs) addVerb(program, verb, { terminal, signal, done });
  return program;
}

function addVerb(
  program: Command,
  verb: VerbEntry,
  context: MainOptions & { readonly done: (exitCode: number) => void },
): void {
  const command = program
    .command(verb.name)
    .summary(verb.summary)
    .description(verb.summary)
    .showHelpAfterError(`(${usageFix(verb.name)})`)
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', `${verb.help}\nExit codes: ${formatExits(verb.exits)}.`)
    .action(async () => {
      const run = await verb.load();
      const [value] = command.args;
      const argument = verb.argument && { [verb.argument[0].replace(/\W/g, '')]: value };
      const options = { ...command.opts<object>(), ...argument, terminal: context.terminal };
      // What Commander has read are the options of the verb's entry.
      context.done(await run(options as never, context.signal));
    });
  if (verb.argument) command.argument(...verb.argument);
  for (const [flags, description, isRepeatable] of verb.options ?? [configOption]) {
    if (isRepeatable) command.option(flags, description, addValue);
    else if (flags.includes('<')) command.option(flags, description, parseValue);
    else command.option(flags, description);
  }
}
