import { ownPlugins } from '#core/names';
import { resolverHelp, resolverOptions, resolverSummary } from '#resolver/options';
import { adoptVerbs } from './adopt/entries';
import { called } from './called';
import { contractsEntry } from './contracts/entries';
import { explainEntry } from './explain/entries';
import { protectVerbs } from './protect/entries';
import { rolloutEntry } from './rollout/entry';
import { allowRemovalsOption, configOption, stageOption, strictOption, type VerbEntry } from './verb-entry';

const verboseOption = ['--verbose', 'list each change, however many there are'] as const;
const uncertain = '--strict, and something is uncertain';

/** What the command line offers, in the order of its help. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'discover',
    summary: 'show the endpoints that discovery sees, and why some are not used',
    help: `
Reads AWS only; writes nothing but FILE. Start here: when an endpoint is missing, this says why.
Of endpoints that contradict each other it takes the oldest; diff and sync take the one that is in use already.
--out writes what was seen as a snapshot, which other gateways of this owner read with a source of type snapshot, without
calling AWS. What FILE holds of a scope that cannot be read now stays in it.`,
    exits: {
      done: 'done (unknown scopes are warnings)',
      error: 'configuration, or no scope has usable credentials',
      uncertain,
    },
    options: [configOption, ['--out <file>', 'also write what was seen to this file, as a snapshot'], strictOption],
    isPrinted: (options) => !('out' in options),
    load: async () => (await import('./commands/discover')).runDiscover,
  },
  contractsEntry,
  {
    name: 'diff',
    summary: 'show what sync would change in the control plane, and why',
    help: `
Writes nothing. Each line names the entity and the reason (the endpoint, its state, the field that differs); more than 60
changes are counted by domain.
--out writes the changes to a file for people to approve; sync --plan applies what they approved.`,
    exits: {
      done: 'same',
      error: 'error',
      differs: 'differs (also where sync would refuse or withhold, which it then says)',
      incomplete: 'something of publish cannot be read',
      uncertain,
    },
    options: [
      configOption,
      stageOption,
      ['--domain <domain>', 'show this domain alone'],
      verboseOption,
      ['--out <file>', 'also write the changes to this file, for sync --plan'],
      allowRemovalsOption,
      strictOption,
    ],
    isPrinted: (options) => !('out' in options),
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
covers its first pass alone. What is wrong is logged when it begins, hourly while it lasts, and when it ends; each pass
with --log-level debug. The log is text on a terminal and JSON elsewhere.`,
    exits: {
      done: 'done',
      error: 'error and nothing written',
      differs: 'with a rollout: waiting for somebody',
      refused: 'refused or withheld by policy, or halted by a gate',
      incomplete: 'some entities could not be applied',
      uncertain,
    },
    options: [
      configOption,
      stageOption,
      ['--dry-run', 'write nothing, show what would be written: as diff does, with its exit codes'],
      ['--plan <file>', 'write only what this file of diff --out holds too'],
      ['--watch', 'go on, pass after pass, until stopped'],
      ['--log-level <level>', 'of --watch: debug, info (default), warn or error', ['debug', 'info', 'warn', 'error']],
      ['--log-format <format>', 'of --watch: text or json', ['text', 'json']],
      allowRemovalsOption,
      verboseOption,
      strictOption,
    ],
    isPrinted: (options) => 'dryRun' in options,
    load: async () => (await import('./commands/sync')).runSync,
  },
  {
    name: 'retire',
    summary: 'take a domain out of the control plane, after showing what leaves',
    help: `
Removes the domain's route, plugins, service, targets and upstream, in that order, once nothing claims it any more. Asks first,
and plans again after the answer; where nobody can answer, --yes is the answer. The brake does not count here.
A scope that is unknown and holds, or may claim, the domain refuses it: for an account that is gone for good, name the scope
with --despite-unknown.`,
    exits: {
      done: 'done',
      error: 'error',
      refused: 'an endpoint claims the domain or may do so, others depend on it, or not confirmed',
      incomplete: 'some entities are left',
    },
    argument: ['<domain>', 'the domain to remove'],
    options: [
      configOption,
      stageOption,
      ['--yes', 'do not ask'],
      [
        '--despite-unknown <scope>',
        'a scope that is gone for good, and counts for nothing; may be repeated',
        'repeatable',
      ],
    ],
    load: async () => (await import('./commands/retire')).runRetire,
  },
  ...protectVerbs,
  {
    name: 'rollback',
    summary: 'take a control plane back to a revision that ran, after showing the plan',
    help: `
A revision is the configuration that a control plane holds: settings of upstreams, services, routes, plugins. Going back writes
the revision with the targets of today, and pins the control plane to it. The pin ends with rollback newest, or when the
configuration that was taken back changes, in the file or in the tags.
A service, route or plugin that the revision lacks leaves where the journal in stateDir says which revision brought it; upstreams
and targets never leave.
Without REVISION it goes to what ran before the revision that runs now; history lists all. Several control planes go back one
after the other; --stage names one.
It shows the plan and asks; where nobody can answer, --now is the answer.`,
    exits: {
      done: 'done',
      error: 'error, or no such revision; nothing written',
      refused: 'refused by policy, or not confirmed',
      incomplete: 'some entities could not be applied: the next pass goes on',
    },
    argument: ['[revision]', 'its id, or what the id begins with; newest ends the pin', ['newest']],
    options: [configOption, stageOption, ['--now', 'do not ask'], allowRemovalsOption],
    load: async () => (await import('./commands/rollback')).runRollback,
  },
  rolloutEntry,
  {
    name: 'history',
    summary: 'show what each control plane runs, and what ran before: when, by whom, what changed',
    help: `
Reads stateDir alone; Konnect is asked only which control planes a select stands for. rollback takes a control plane back to any
revision of the list, but for those that are not kept any more.`,
    exits: { done: 'done', error: 'error' },
    options: [configOption, stageOption],
    isPrinted: () => true,
    load: async () => (await import('./commands/history')).runHistory,
  },
  explainEntry,
  {
    name: 'schema',
    summary: "print a plugin's schema or the configuration's, or put those of plugins into the control plane",
    help: `
sync uploads a plugin's by itself before it writes an entity of the plugin; do it by hand where decK writes the entities.
--upload without --plugin is for privatelink, for privatelink-zone where a domain uses it, and for
privatelink-callers where contracts names a service of the gateway.
--config without a file prints the JSON Schema of the configuration, for editors; the first line of the configuration names it:
  ${called} schema --config > kong-privatelink.schema.json
  # yaml-language-server: $schema=kong-privatelink.schema.json`,
    exits: { done: 'done', error: 'error' },
    options: [
      ['-c, --config [file]', "configuration file; without a name: print the configuration's own schema"],
      ['--plugin <name>', `the plugin: ${ownPlugins.join(', ')} (default: the first)`, ownPlugins],
      ['--upload', 'put it into the control plane where it differs (Konnect)'],
      stageOption,
    ],
    isPrinted: (options) => !('upload' in options),
    load: async () => (await import('./commands/schema')).runSchema,
  },
  {
    name: 'render',
    summary: 'write the decK file for CI',
    help: `
The file holds everything that this owner should have in the control plane, with select tags and without ids:
  ${called} render -o kong.yaml && deck gateway diff kong.yaml
Removals that the brake withholds stay in the file.`,
    exits: {
      done: 'done',
      error: 'error',
      refused:
        'refused (a file written now could remove targets that are only unknown), or written with removals withheld',
      uncertain: '--strict: written, and something is uncertain',
    },
    options: [
      configOption,
      stageOption,
      ['-o, --output <file>', 'file to write, only when it changes (default: standard output)'],
      allowRemovalsOption,
      strictOption,
    ],
    isPrinted: (options) => !('output' in options),
    load: async () => (await import('./commands/render')).runRender,
  },
  ...adoptVerbs,
  {
    name: 'doctor',
    summary: 'check the configuration, AWS, the control plane and this machine, with the fix for what is wrong',
    help: `
Reads everything that sync needs, and writes nothing. One line for each check: ok, warning (sync works, or works later) or failed.`,
    exits: { done: 'all ok or warnings', error: 'a check failed' },
    options: [configOption, stageOption],
    isPrinted: () => true,
    load: async () => (await import('./commands/doctor')).runDoctor,
  },
  {
    name: 'resolver',
    summary: resolverSummary,
    help: resolverHelp,
    exits: { done: 'stopped, or --check: it answers', error: 'it cannot begin, or --check: it does not answer' },
    options: [configOption, ...resolverOptions],
    isPrinted: (options) => 'check' in options,
    load: async () => (await import('./resolver/verb')).runResolverVerb,
  },
  {
    name: 'sandbox',
    summary: 'run the whole chain on this machine: AWS, Konnect, a gateway and four accounts, embedded',
    help: `
Needs no configuration, no account and no network. Everything listens on loopback and is a stand-in that says so;
discovery, plan, apply and the plugin are the real ones.`,
    exits: { done: 'every request went right', error: 'a hop failed', interrupted: 'stopped with Ctrl-C' },
    options: [
      ['--once', 'exit after the demonstration although this is a terminal'],
      [
        '--estate <name>',
        'T0 (default), T1 across regions, T2 central gateway, T3 Cloud Map, T4 peered networks',
        ['T0', 'T1', 'T2', 'T3', 'T4'],
      ],
      ['--serve', "only AWS, Konnect and the domains, for AWS's command line and a Kong of your own on 127.0.0.1:8000"],
      [
        '--port <number>',
        'with --serve: where AWS listens, and Konnect on the next (default 9001; 0: any that are free)',
      ],
      ['--faults', 'show what each of the faults of AWS does to discovery and to requests: about a minute'],
      [
        '--rollout',
        'show how a change goes from stage to stage over three control planes, and how a bad one comes back',
      ],
    ],
    isPrinted: () => true,
    load: async () => (await import('./commands/sandbox')).runSandbox,
  },
  {
    name: 'version',
    summary: 'print the version, as --version does',
    help: '',
    exits: { done: 'done' },
    options: [],
    isPrinted: () => true,
    load: async () => (await import('./commands/version')).runVersion,
  },
  {
    name: 'completion',
    summary: 'print what a shell needs to complete verbs, options and files',
    help: `
In the shell's own start file, for the command on the PATH (not for npx):
  bash  source <(kong-privatelink completion bash)
  zsh   source <(kong-privatelink completion zsh)   (after compinit)
  fish  kong-privatelink completion fish | source`,
    exits: { done: 'done', error: 'a shell that it does not know' },
    argument: ['<shell>', 'bash, zsh or fish', ['bash', 'zsh', 'fish']],
    options: [],
    isPrinted: () => true,
    load: async () => (await import('./commands/completion')).completionOf(verbs),
  },
];
