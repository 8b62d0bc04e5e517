import { ownPlugins } from '#core/names';
import { resolverHelp, resolverOptions, resolverSummary } from '#resolver/options';
import { adoptVerbs } from './adopt/entries';
import { called } from './called';
import { contractsEntry } from './contracts/entries';
import { explainEntry } from './explain/entries';
import { protectVerbs } from './protect/entries';
import { rolloutEntry } from './rollout/entry';
import { allowRemovalsOption, configOption, stageOption, strictOption, type VerbEntry } from './verb-entry';

const verboseOption = ['--verbose', 'List each change, however many there are'] as const;
const uncertain = '--strict: something is unknown, or an endpoint is in quarantine';

/** All verbs, in the order of the help. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'discover',
    summary: 'Show the endpoints that discovery finds, and why some are not used',
    help: `
Reads AWS only. Writes nothing but the FILE of --out. Start here when an endpoint is missing.
Where endpoints contradict each other, discover takes the oldest endpoint. diff and sync take the
endpoint that is in use already.
--out writes the result as a snapshot. Other gateways of this owner read the snapshot with a source
of type snapshot, and do not call AWS. A scope that cannot be read now keeps its earlier content in
FILE.`,
    exits: {
      done: 'done (unknown scopes are warnings)',
      error: 'the configuration is invalid, or no scope has usable credentials',
      uncertain,
    },
    options: [configOption, ['--out <file>', 'Also write the result to this file, as a snapshot'], strictOption],
    isPrinted: (options) => !('out' in options),
    load: async () => (await import('./commands/discover')).runDiscover,
  },
  contractsEntry,
  {
    name: 'diff',
    summary: 'Show what sync would change in the control plane, and why',
    help: `
Writes nothing. Each line names the entity and the reason: the endpoint, its state, the field that
differs. More than 60 changes are shown as counts by domain.
--out writes the changes to a file. People approve the file, and sync --plan applies it.`,
    exits: {
      done: 'no difference',
      error: 'error',
      differs: 'differences, or sync would refuse or withhold something',
      incomplete: 'a publication cannot be read',
      uncertain,
    },
    options: [
      configOption,
      stageOption,
      ['--domain <domain>', 'Show this domain only'],
      verboseOption,
      ['--out <file>', 'Also write the changes to this file, for sync --plan'],
      allowRemovalsOption,
      strictOption,
    ],
    isPrinted: (options) => !('out' in options),
    load: async () => (await import('./commands/diff')).runDiff,
  },
  {
    name: 'sync',
    summary: 'Make the control plane match what discovery finds',
    help: `
Creates, then updates, then deletes. Never changes an entity without the tags of this owner.
A target leaves when AWS says that its endpoint is gone. With policy.mode sync a target also leaves when
a known scope did not list it removeAfterAbsences times, for at least removeAfterSeconds. The last
target of a domain never leaves by absence.
The brake withholds removals of more than policy.maxRemovePercent of all addresses. The rest is
written.
--plan plans again and writes only the changes that FILE (written by diff --out) lists. Nothing is
written when the new plan has an update or a removal that FILE lacks, or withheld removals.
--watch logs to standard output. With --json the log goes to standard error, and standard output
gets one report a line for each pass. --allow-removals applies to the first pass only. The worker
logs a problem when it begins, each hour while it lasts, and when it ends. --log-level debug logs
each pass. The log is text on a terminal and JSON elsewhere.`,
    exits: {
      done: 'done',
      error: 'error, and nothing was written',
      differs: 'the rollout waits for an approval or an order, or for time to pass',
      refused: 'refused or withheld by policy, or halted by a gate',
      incomplete: 'some entities could not be applied',
      uncertain,
    },
    options: [
      configOption,
      stageOption,
      ['--dry-run', 'Write nothing. Show what diff shows, with the exit codes of diff'],
      ['--plan <file>', 'Write only the changes that this file of diff --out lists'],
      ['--watch', 'Run pass after pass, until stopped'],
      ['--log-level <level>', 'With --watch: debug, info (default), warn or error', ['debug', 'info', 'warn', 'error']],
      ['--log-format <format>', 'With --watch: text or json', ['text', 'json']],
      allowRemovalsOption,
      verboseOption,
      strictOption,
    ],
    isPrinted: (options) => 'dryRun' in options,
    load: async () => (await import('./commands/sync')).runSync,
  },
  {
    name: 'retire',
    summary: 'Remove a domain from the control plane, after showing what leaves',
    help: `
Removes the domain's route, plugins, service, targets and upstream, in this order. No endpoint may
claim the domain any more. retire asks first, and plans again after the answer. Give --yes where
nobody can answer. The brake does not apply.
retire refuses while an unknown scope holds, or may claim, the domain. Where an account is gone for
good, name its scope with --despite-unknown.`,
    exits: {
      done: 'done',
      error: 'error',
      refused: 'an endpoint claims or may claim the domain, other entities depend on it, or not confirmed',
      incomplete: 'some entities remain: run retire again',
    },
    argument: ['<domain>', 'The domain to remove'],
    options: [
      configOption,
      stageOption,
      ['--yes', 'Do not ask'],
      ['--despite-unknown <scope>', 'Ignore this scope, which is gone for good. May be repeated', 'repeatable'],
    ],
    load: async () => (await import('./commands/retire')).runRetire,
  },
  ...protectVerbs,
  {
    name: 'rollback',
    summary: 'Return a control plane to an earlier revision, after showing the plan',
    help: `
A revision is the configuration that a control plane holds: settings of upstreams, services, routes
and plugins. rollback writes the revision with the targets of today, and pins the control plane to
it. The pin ends with rollback newest, or when the configuration that was rolled back changes, in
the file or in the tags.
A service, route or plugin that the revision lacks leaves only where the journal in stateDir records
which revision brought it. Upstreams and targets never leave.
Without REVISION the control plane returns to the revision before the current one. history lists
all revisions. Several control planes go back one after the other. --stage selects one.
rollback shows the plan and asks. Give --now where nobody can answer.`,
    exits: {
      done: 'done',
      error: 'error, or no such revision. Nothing was written',
      refused: 'refused by policy, or not confirmed',
      incomplete: 'some entities could not be applied: the next pass continues',
    },
    argument: ['[revision]', 'Id of the revision, or its first characters. newest ends the pin', ['newest']],
    options: [configOption, stageOption, ['--now', 'Do not ask'], allowRemovalsOption],
    load: async () => (await import('./commands/rollback')).runRollback,
  },
  rolloutEntry,
  {
    name: 'history',
    summary: 'Show what each control plane runs and ran: when, by whom, what changed',
    help: `
Reads stateDir only. Konnect is asked only which control planes match select. rollback returns a
control plane to a revision of this list, unless the line says "not kept".`,
    exits: { done: 'done', error: 'error' },
    options: [configOption, stageOption],
    isPrinted: () => true,
    load: async () => (await import('./commands/history')).runHistory,
  },
  explainEntry,
  {
    name: 'schema',
    summary: 'Print the schema of a plugin or of the configuration, or upload plugins',
    help: `
sync uploads a plugin's schema before it writes an entity of the plugin. Where decK writes the
entities, upload the schema with --upload.
--upload without --plugin uploads privatelink, privatelink-zone where a domain uses it, and
privatelink-callers where contracts names a service of the gateway.
--config without a file prints the JSON Schema of the configuration, for editors. The first line of
the configuration names that file:
  ${called} schema --config > kong-privatelink.schema.json
  # yaml-language-server: $schema=kong-privatelink.schema.json`,
    exits: { done: 'done', error: 'error' },
    options: [
      ['-c, --config [file]', "Configuration file. Without a name: print the configuration's own schema"],
      ['--plugin <name>', `The plugin: ${ownPlugins.join(', ')} (default: the first)`, ownPlugins],
      ['--upload', 'Upload the schema to the control plane where it differs (Konnect)'],
      stageOption,
    ],
    isPrinted: (options) => !('upload' in options),
    load: async () => (await import('./commands/schema')).runSchema,
  },
  {
    name: 'render',
    summary: 'Write the decK file for CI',
    help: `
The file holds everything that this owner should have in the control plane, with select tags and
without ids:
  ${called} render -o kong.yaml && deck gateway diff kong.yaml
Removals that the brake withholds stay in the file.`,
    exits: {
      done: 'done',
      error: 'error',
      refused:
        'refused (a file written now could remove targets that are only unknown), or written with removals withheld',
      uncertain: '--strict: written, and something is unknown or in quarantine',
    },
    options: [
      configOption,
      stageOption,
      ['-o, --output <file>', 'Write this file, only when it changes (default: standard output)'],
      allowRemovalsOption,
      strictOption,
    ],
    isPrinted: (options) => !('output' in options),
    load: async () => (await import('./commands/render')).runRender,
  },
  ...adoptVerbs,
  {
    name: 'doctor',
    summary: 'Check the configuration, AWS, the control plane and this machine, with fixes',
    help: `
Reads everything that sync needs. Writes nothing. Prints one line for each check: ok, warning (sync
works, or will work later) or failed.`,
    exits: { done: 'all checks are ok or warnings', error: 'a check failed' },
    options: [configOption, stageOption],
    isPrinted: () => true,
    load: async () => (await import('./commands/doctor')).runDoctor,
  },
  {
    name: 'resolver',
    summary: resolverSummary,
    help: resolverHelp,
    exits: { done: 'stopped, or --check: it answers', error: 'it cannot start, or --check: it does not answer' },
    options: [configOption, ...resolverOptions],
    isPrinted: (options) => 'check' in options,
    load: async () => (await import('./resolver/verb')).runResolverVerb,
  },
  {
    name: 'sandbox',
    summary: 'Run the whole chain on this machine: AWS, Konnect, a gateway, four accounts',
    help: `
Needs no configuration, no account and no network. Everything listens on loopback. AWS, Konnect, the
gateway and the domains are stand-ins. Discovery, plan, apply and the plugin are the real ones.`,
    exits: { done: 'every request succeeded', error: 'a hop failed', interrupted: 'stopped with Ctrl-C' },
    options: [
      ['--once', 'Exit after the demonstration, also on a terminal'],
      [
        '--estate <name>',
        'T0 (default), T1 across regions, T2 central gateway, T3 Cloud Map, T4 peered networks',
        ['T0', 'T1', 'T2', 'T3', 'T4'],
      ],
      ['--serve', 'Serve AWS, Konnect and the domains only, for the AWS CLI and your own Kong on 127.0.0.1:8000'],
      ['--port <number>', 'With --serve: port of AWS. Konnect gets the next port (default 9001. 0: any free ports)'],
      ['--faults', 'Show how discovery and requests react to each fault of AWS. Takes about a minute'],
      ['--rollout', 'Show a rollout over three control planes, and how a bad change rolls back'],
    ],
    isPrinted: () => true,
    load: async () => (await import('./commands/sandbox')).runSandbox,
  },
  {
    name: 'version',
    summary: 'Print the version, as --version does',
    help: '',
    exits: { done: 'done' },
    options: [],
    isPrinted: () => true,
    load: async () => (await import('./commands/version')).runVersion,
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    help: `
Completes verbs, options and files. For the command on the PATH (not for npx), add to the start file
of the shell:
  bash  source <(kong-privatelink completion bash)
  zsh   source <(kong-privatelink completion zsh)   (after compinit)
  fish  kong-privatelink completion fish | source`,
    exits: { done: 'done', error: 'unknown shell' },
    argument: ['<shell>', 'bash, zsh or fish', ['bash', 'zsh', 'fish']],
    options: [],
    isPrinted: () => true,
    load: async () => (await import('./commands/completion')).completionOf(verbs),
  },
];
