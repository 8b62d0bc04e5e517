import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { Terminal } from '#io/terminal';
import { exitCodes } from '../pass/report';
import { version } from '../pass/version';
import type { CommandOptions, Command as Verb } from './commands/command';

export type MainOptions = { readonly terminal: Terminal; readonly signal: AbortSignal };

type VerbEntry = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** `<domain>`, where the verb takes one. */
  readonly argument?: readonly [name: string, description: string];
  /** Besides `--json`; `-c` alone when absent. */
  readonly options?: readonly (readonly [flags: string, description: string, isRepeatable?: 'repeatable'])[];
  /** Loaded only when called, so that `--help` is quick. */
  readonly load: () => Promise<Verb>;
};

const configOption = ['-c, --config <file>', 'configuration file'] as const;
const allowRemovalsOption = [
  '--allow-removals <n>',
  'let up to this many addresses leave, this once, past the brake',
] as const;

const verbs: readonly VerbEntry[] = [
  {
    name: 'discover',
    summary: 'show the endpoints that discovery sees, and why some are not used',
    help: `
Reads AWS only; writes nothing but FILE. Start here: when an endpoint is missing, this says why.
--out writes what was seen as a snapshot, which other gateways of this owner read with a source of type snapshot, without
calling AWS. What FILE holds of a scope that cannot be read now stays in it.
Exit codes: 0 done (unknown scopes are warnings), 1 configuration, or no scope has usable credentials.`,
    options: [configOption, ['--out <file>', 'also write what was seen to this file, as a snapshot']],
    load: async () => (await import('./commands/discover')).runDiscover,
  },
  {
    name: 'diff',
    summary: 'show what sync would change in the control plane, and why',
    help: `
Writes nothing. Each line names the entity and the reason (the endpoint, its state, the field that differs).
--out writes the changes to a file for people to approve; sync --plan applies what they approved.
Exit codes: 0 same, 1 error, 4 something of publish cannot be read, 2 differs (also where sync would refuse or withhold, which it then says).`,
    options: [
      configOption,
      ['--out <file>', 'also write the changes to this file, for sync --plan'],
      allowRemovalsOption,
    ],
    load: async () => (await import('./commands/diff')).runDiff,
  },
  {
    name: 'sync',
    summary: 'bring the control plane to what discovery sees',
    help: `
Creates, then updates, then deletes. Removes a target only when AWS says that its endpoint is gone, or (policy sync)
after it was absent from a known scope removeAfterAbsences times and removeAfterSeconds long; never a domain's last one
by absence. Entities without this owner's tags are never touched.
Removals of more than policy.maxRemovePercent of all addresses are withheld, and the rest is written.
--plan plans afresh and writes only what FILE (of diff --out) holds too; an update or a removal that is not in it refuses all,
and so do withheld removals.
--watch logs to standard output; with --json that gets each pass's report on a line, and standard error the log. --allow-removals
covers its first pass alone.
Exit codes: 0 done, 1 error and nothing written, 4 some entities could not be applied, 3 refused or withheld by policy.`,
    options: [
      configOption,
      ['--plan <file>', 'write only what this file of diff --out holds too'],
      ['--watch', 'go on, pass after pass, until stopped'],
      allowRemovalsOption,
    ],
    load: async () => (await import('./commands/sync')).runSync,
  },
  {
    name: 'retire',
    summary: 'take a domain out of the control plane, after showing what leaves',
    help: `
Removes the domain's route, plugins, service, targets and upstream, in that order, once nothing claims it any more. Asks first,
and plans again after the answer; where nobody can answer, --yes is the answer. The brake does not count here.
A scope that is unknown and holds, or may claim, the domain refuses it: for an account that is gone for good, name the scope
with --despite-unknown.
Exit codes: 0 done, 1 error, 4 some entities are left, 3 an endpoint claims the domain or may do so, others depend on it, or not confirmed.`,
    argument: ['<domain>', 'the domain to remove'],
    options: [
      configOption,
      ['--yes', 'do not ask'],
      [
        '--despite-unknown <scope>',
        'a scope that is gone for good, and counts for nothing; may be repeated',
        'repeatable',
      ],
    ],
    load: async () => (await import('./commands/retire')).runRetire,
  },
  {
    name: 'schema',
    summary: "print the plugin's schema, or put it into the control plane",
    help: `
sync uploads it by itself before it writes an entity of the plugin; do it by hand where decK writes the entities.
Exit codes: 0 done, 1 error.`,
    options: [configOption, ['--upload', 'put it into the control plane where it differs (Konnect)']],
    load: async () => (await import('./commands/schema')).runSchema,
  },
  {
    name: 'render',
    summary: 'write the decK file for CI',
    help: `
The file holds everything that this owner should have in the control plane, with select tags and without ids:
  kong-privatelink render -o kong.yaml && deck gateway diff kong.yaml
Removals that the brake withholds stay in the file.
Exit codes: 0 done, 1 error, 3 refused (a file written now could remove targets that are only unknown), or written with
removals withheld.`,
    options: [
      configOption,
      ['-o, --output <file>', 'file to write, only when it changes (default: standard output)'],
      allowRemovalsOption,
    ],
    load: async () => (await import('./commands/render')).runRender,
  },
  {
    name: 'doctor',
    summary: 'check the configuration, AWS, the control plane and this machine, with the fix for what is wrong',
    help: `
Reads everything that sync needs, and writes nothing. One line for each check: ok, warning (sync works, or works later) or failed.
Exit codes: 0 all ok or warnings, 1 a check failed.`,
    load: async () => (await import('./commands/doctor')).runDoctor,
  },
  {
    name: 'sandbox',
    summary: 'run the whole chain on this machine: AWS, Konnect, a gateway and four accounts, embedded',
    help: `
Needs no configuration, no account and no network. Everything listens on loopback and is a stand-in that says so;
discovery, plan, apply and the plugin are the real ones.
Exit codes: 0 every request went right, 1 a hop failed.`,
    options: [
      ['--once', 'exit after the demonstration although this is a terminal'],
      ['--estate <name>', 'T0 (default), T1 across regions, T2 central gateway, T3 Cloud Map, T4 peered networks'],
      ['--serve', 'only AWS, Konnect and the domains of T0, at fixed ports, for a Kong of your own on 127.0.0.1:8000'],
      ['--faults', 'show what each of the faults of AWS does to discovery and to requests: about a minute'],
    ],
    load: async () => (await import('./commands/sandbox')).runSandbox,
  },
];

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
    return isJson ? report(usageError(thrown), isJson, options.terminal) : exitCodes.error;
  }
}

/** What Commander says in two lines on standard error, as an error of ours. */
function usageError({ message }: CommanderError): PrivatelinkError {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new PrivatelinkError(`${text}; ${usageFix}`, { code: 'CONFIG_INVALID', transient: false });
}

const usageFix = 'kong-privatelink --help shows what there is';

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
  const known = thrown instanceof PrivatelinkError;
  if (json) {
    const error = {
      code: known ? thrown.code : 'UNEXPECTED',
      message: messageOf(thrown),
      transient: known && thrown.transient,
    };
    terminal.out(`${JSON.stringify({ error })}\n`);
  } else {
    terminal.err(known ? `error: ${messageOf(thrown)} [${thrown.code}]\n` : `error: ${messageOf(thrown)}\n`);
  }
  return exitCodes.error;
}

type Outcome = { readonly writeErr: (text: string) => void; readonly done: (exitCode: number) => void };

function createProgram({ terminal, signal }: MainOptions, { writeErr, done }: Outcome): Command {
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
Exit codes:    0 done, 1 error, 2 diff found differences, 3 refused by policy, 4 some entities could not be applied`,
    )
    .showHelpAfterError(`(${usageFix})`)
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
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', verb.help)
    .action(async () => {
      const run = await verb.load();
      const [domain] = command.args;
      const flags = command.opts<Omit<CommandOptions, 'terminal'>>();
      context.done(await run({ ...flags, domain, terminal: context.terminal }, context.signal));
    });
  if (verb.argument) command.argument(...verb.argument);
  for (const [flags, description, isRepeatable] of verb.options ?? [configOption]) {
    if (isRepeatable) command.option(flags, description, addValue);
    else if (flags.includes('<')) command.option(flags, description, parseValue);
    else command.option(flags, description);
  }
}
