import { Command, CommanderError } from 'commander';
import { messageOf, PrivatelinkError } from '../core/errors';
import type { CommandOptions, Command as Verb } from './commands/command';
import type { Terminal } from './output/terminal';
import { exitCodes } from './report';
import { version } from './version';

export type MainOptions = { readonly terminal: Terminal; readonly signal: AbortSignal };

type VerbEntry = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Besides `--json`; `-c` alone when absent. */
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Loaded only when called, so that `--help` is quick. */
  readonly load: () => Promise<Verb>;
};

const configOption = ['-c, --config <file>', 'configuration file'] as const;

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
Exit codes: 0 same, 1 error, 2 differs (also where sync would refuse, which it then says).`,
    load: async () => (await import('./commands/diff')).runDiff,
  },
  {
    name: 'sync',
    summary: 'bring the control plane to what discovery sees',
    help: `
Creates, then updates, then deletes. Removes a target only when AWS says that its endpoint is gone, or (policy sync)
after it was absent from a known scope removeAfterAbsences times and removeAfterSeconds long; never a domain's last one
by absence. Entities without this owner's tags are never touched.
Exit codes: 0 done, 1 error and nothing written, 3 refused by policy, 4 some entities could not be applied.`,
    load: async () => (await import('./commands/sync')).runSync,
  },
  {
    name: 'render',
    summary: 'write the decK file for CI',
    help: `
The file holds everything that this owner should have in the control plane, with select tags and without ids:
  kong-privatelink render -o kong.yaml && deck gateway diff kong.yaml
Exit codes: 0 done, 1 error, 3 refused (a file written now could remove targets that are only unknown).`,
    options: [configOption, ['-o, --output <file>', 'file to write, only when it changes (default: standard output)']],
    load: async () => (await import('./commands/render')).runRender,
  },
  {
    name: 'sandbox',
    summary: 'run the whole chain on this machine: AWS, Konnect, a gateway and four accounts, embedded',
    help: `
Needs no configuration, no account and no network. Everything listens on loopback and is a stand-in that says so;
discovery, plan, apply and the plugin are the real ones.
Exit codes: 0 every request went right, 1 a hop failed.`,
    options: [['--once', 'exit after the demonstration although this is a terminal']],
    load: async () => (await import('./commands/sandbox')).runSandbox,
  },
];

/** Runs one command line without the program's name; gives the exit code. Never throws. */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = createProgram(options, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.error;
    return report(thrown, argv.includes('--json'), options.terminal);
  }
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

function createProgram({ terminal, signal }: MainOptions, done: (exitCode: number) => void): Command {
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
               kong-privatelink discover         what your endpoints look like from here
               kong-privatelink diff             what would change, and why
               kong-privatelink sync             change it
Exit codes:    0 done, 1 error, 2 diff found differences, 3 refused by policy, 4 some entities could not be applied`,
    )
    .showHelpAfterError('(kong-privatelink --help shows what there is)')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
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
    .action(async (flags: Omit<CommandOptions, 'terminal'>) => {
      const run = await verb.load();
      context.done(await run({ ...flags, terminal: context.terminal }, context.signal));
    });
  for (const [flags, description] of verb.options ?? [configOption]) command.option(flags, description);
}
