import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { formatProblem, messageOf, PrivatelinkError } from '#core/errors';
import { printable } from '#core/printable';
import { isReaderGone, lossProblem } from '#io/output';
import type { Terminal } from '#io/terminal';
import { fewestColumns, joinParagraphs, wrapLines } from '#io/wrap';
import { version } from '../pass/version';
import { called } from './called';
import { codeText, errorView } from './error-view';
import { exitCodes, exitMeanings, formatExits } from './exit-codes';
import { asOurs } from './foreign-words';
import { isInterrupt, Stopped } from './stopped';
import { configOption, jsonOption, type VerbEntry } from './verb-entry';
import { verbs } from './verbs';

export type MainOptions = { readonly terminal: Terminal; readonly signal: AbortSignal };

type Ended = { readonly exitCode: number; readonly isPrinted?: boolean };

/** Runs one command line without the program's name and returns the exit code. Never throws. */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  const ended = await run(argv, options);
  const loss = await Promise.race([options.terminal.losses?.reason(), givenUp(options.signal)]);
  return loss ? exitCodeAfter(loss, ended, options.terminal) : ended.exitCode;
}

/** After an abort a reader that does not read must not keep the process alive. */
async function givenUp(signal: AbortSignal): Promise<Error> {
  if (!signal.aborted) await once(signal, 'abort');
  await setTimeout(1_000, undefined, { ref: false });
  return new Error('its reader does not read');
}

/**
 * A verb's writes stand even when its output is lost. A verb whose output is its only result fails
 * (fm-55).
 */
function exitCodeAfter(loss: Error, { exitCode, isPrinted }: Ended, { err }: Terminal): number {
  const text = formatProblem(lossProblem(loss));
  if (isPrinted) err(`error: ${text} [STATE]\n`);
  else if (!isReaderGone(loss)) err(`warning: ${text}; the exit code says what was done\n`);
  return isPrinted ? exitCodes.error : exitCode;
}

async function run(argv: readonly string[], options: MainOptions): Promise<Ended> {
  let ended: Ended = { exitCode: exitCodes.done };
  const isJson = argv.includes('--json');
  const done = (how: Ended) => {
    ended = how;
  };
  // With --json usage errors are JSON only.
  const program = createProgram(options, { writeErr: isJson ? () => {} : options.terminal.err, done });
  try {
    await program.parseAsync([...asOurs(argv, isVerb)], { from: 'user' });
    return ended;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return report(thrown, isJson, options.terminal);
    if (thrown.exitCode === 0) return { exitCode: exitCodes.done };
    return isJson ? report(usageError(thrown, argv), isJson, options.terminal) : { exitCode: exitCodes.error };
  }
}

/** Converts Commander's two lines on standard error to a PrivatelinkError. */
function usageError({ message }: CommanderError, argv: readonly string[]): PrivatelinkError {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new PrivatelinkError(text, { code: 'CONFIG_INVALID', fix: usageFix(argv.find(isVerb)) });
}

function isVerb(word: string): boolean {
  return verbs.some(({ name }) => name === word);
}

function usageFix(verb?: string): string {
  return `${[called, ...(verb ? [verb] : []), '--help'].join(' ')} shows the usage`;
}

/**
 * Rejects an empty value, for example from an unset variable in a script. `--plan ""` must not mean
 * no plan file: it would write unapproved changes.
 */
function parseValue(text: string): string {
  const isMissing = text === '' || text.startsWith('--');
  if (isMissing) throw new InvalidArgumentError('The value is missing: give a value, or leave the option out.');
  return text;
}

function addValue(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseValue(text)];
}

function report(thrown: unknown, json: boolean, terminal: Terminal): Ended {
  const code = thrown instanceof Stopped ? undefined : errorView(thrown).code;
  if (json) terminal.out(`${JSON.stringify({ error: errorView(thrown) })}\n`);
  else terminal.err(`error: ${asLines(messageOf(thrown))}${code === undefined ? '' : codeText(code)}\n`);
  return { exitCode: isInterrupt(thrown) ? exitCodes.interrupted : exitCodes.error };
}

/**
 * Prints a message that may list several problems. Quoted text of others cannot start a line of
 * ours.
 */
function asLines(message: string): string {
  const [first = '', ...more] = message.split('\n').map(printable);
  return [first, ...more.map((line) => `  ${line.trimStart()}`)].join('\n');
}

/** Width where neither terminal nor caller gives one. */
const usualColumns = 80;

function helpColumns({ columns = usualColumns }: Terminal): number {
  return columns;
}

type Ending = { readonly writeErr: (text: string) => void; readonly done: (how: Ended) => void };

function createProgram({ terminal, signal }: MainOptions, { writeErr, done }: Ending): Command {
  const columns = helpColumns(terminal);
  const program = new Command('kong-privatelink')
    .description(
      'Keeps Kong routed to AWS PrivateLink endpoints: tag an endpoint kong:domain=sd2, and Kong routes /sd2 to it.',
    )
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .addHelpText(
      'after',
      wrapLines(
        `
Configuration: -c FILE, else $KONG_PRIVATELINK_CONFIG,
               else ./kong-privatelink.yaml
First steps:   ${called} sandbox          see it work, without any setup
               ${called} doctor           find what is missing, with the fix
               ${called} discover         list your endpoints
               ${called} diff             show what would change, and why
               ${called} sync             apply the changes
${formatExits(exitMeanings)}`,
        columns,
      ),
    )
    .showHelpAfterError(`(${usageFix()})`)
    .exitOverride()
    .configureHelp({ minWidthToWrap: fewestColumns })
    .configureOutput({
      writeOut: terminal.out,
      writeErr,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
  for (const verb of verbs) addVerb(program, verb, { terminal, signal, done });
  return program;
}

function addVerb(
  program: Command,
  verb: VerbEntry,
  context: MainOptions & { readonly done: (how: Ended) => void },
): void {
  const command = program
    .command(verb.name)
    .summary(verb.summary)
    .description(verb.summary)
    .showHelpAfterError(`(${usageFix(verb.name)})`)
    .addHelpText(
      'after',
      wrapLines(`${joinParagraphs(verb.help)}\n${formatExits(verb.exits)}`, helpColumns(context.terminal)),
    )
    .action(async () => {
      const run = await verb.load();
      const words = command.args;
      const named = argumentsOf(verb).map(([name], index) => {
        const value = name.includes('...') ? words.slice(index) : words[index];
        return [name.replace(/\W/g, ''), value] as const;
      });
      const options = { ...command.opts<object>(), ...Object.fromEntries(named), terminal: context.terminal };
      // Commander's result has the options of the verb's entry.
      const exitCode = await run(options as never, context.signal);
      context.done({ exitCode, isPrinted: verb.isPrinted?.(options) });
    });
  for (const [name, description] of argumentsOf(verb)) command.argument(name, description);
  for (const [flags, description, how] of [jsonOption, ...(verb.options ?? [configOption])]) {
    if (how === 'repeatable') command.option(flags, description, addValue);
    else if (/[<[]/.test(flags)) command.option(flags, description, parseValue);
    else command.option(flags, description);
  }
}

function argumentsOf({ argument, second }: VerbEntry) {
  return [argument, second].flatMap((one) => (one ? [one] : []));
}
