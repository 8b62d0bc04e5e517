import { configOption, stageOption, strictOption, type VerbEntry } from '../verb-entry';

/** Verbs of the first day: init and adopt. */
export const adoptVerbs: readonly VerbEntry[] = [
  {
    name: 'init',
    summary: 'Write a first configuration from what the credentials and the token can read',
    help: `
Reads the control planes that the Konnect token may write, and the VPC endpoints of all enabled
regions. Selects the regions with tagged endpoints, or with endpoints that existing services lead
to. On a terminal init asks. In a pipe the options answer. init never replaces a file, writes only
the configuration, and runs doctor at the end.
The token stays in the environment. For a self-hosted Kong write the file by hand: docs/setup.md
shows an example.`,
    exits: { done: 'written, and all checks are ok or warnings', error: 'nothing was written, or a check failed' },
    options: [
      ['-c, --config <file>', 'The file to write (default: $KONG_PRIVATELINK_CONFIG, else kong-privatelink.yaml)'],
      ['--owner <name>', 'Owner, unique among the configurations of the control plane (default: its name)'],
      ['--control-plane <name>', 'The control plane to write to, where the token sees several'],
      ['--address <url>', "Konnect's API (default: https://us.api.konghq.com)"],
      ['--token-variable <name>', 'Environment variable with the token (default: KONNECT_TOKEN)'],
      ['--region <region>', 'Read this region, also without endpoints. May be repeated', 'repeatable'],
      ['--endpoint <url>', "AWS's API, for networks without internet access"],
    ],
    load: async () => (await import('../init/verb')).runInit,
  },
  {
    name: 'adopt',
    summary: 'Show existing services that lead to PrivateLink, and take them over',
    help: `
Without --apply and --release adopt writes nothing. It reads the whole control plane, without select
tags, and all endpoints of the sources of type vpc-endpoints, tagged or not. For each service that
leads to an endpoint, by name or by address, it shows: the domain, the tags that the endpoint lacks,
what stays, what would change, and what a request would notice.
adopt refuses entities of another manager: decK by its select tags (--select-tag), Terraform, an
operator, another owner.
An address that exists in several VPCs is named, not guessed.
--from reads a decK file in place of the control plane, and needs no token.
--apply takes over all services that stay unchanged, or the service of DOMAIN. Names, ids,
time-outs, paths and plugins stay. --apply asks, writes the names into the first file of include and
a record beside it (commit both), creates the upstream, waits for the data planes, and switches.
Where endpoints lack tags, --apply writes the files only: add the tags, and run it again. It refuses
a service that would change. --override accepts a change, entity by entity. You can stop --apply at
any time and run it again.
--release gives a domain back as the record describes it. Targets that AWS has replaced since are
the exception.`,
    exits: {
      done: 'nothing can be adopted',
      error: 'error, or no scope has usable credentials',
      differs: 'a service can be adopted, or waits for tags',
      refused: '--apply, --release: refused, or not confirmed',
      incomplete: '--apply, --release: some entities could not be written',
      uncertain: '--strict: a scope is unknown',
    },
    options: [
      configOption,
      stageOption,
      ['--from <file>', 'Read this decK file in place of the control plane'],
      ['--domain <service=domain>', 'Name of the domain of this service. May be repeated', 'repeatable'],
      ['--select-tag <tag>', 'A select tag of decK: decK manages entities with it. May be repeated', 'repeatable'],
      ['--apply [domain]', 'Take over this domain, or all services that stay unchanged'],
      [
        '--override <entity>',
        'Accept the changes of this entity, for example route:pay. May be repeated',
        'repeatable',
      ],
      ['--release <domain>', 'Give this domain back'],
      ['--yes', 'Do not ask'],
      ['--tags <form>', 'Print tags for aws (default) or terraform', ['aws', 'terraform']],
      strictOption,
    ],
    isPrinted: () => true,
    load: async () => (await import('./verb')).runAdopt,
  },
];
