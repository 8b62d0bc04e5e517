import { configOption, stageOption, strictOption, type VerbEntry } from '../verb-entry';

/** What the command line offers for the first day. */
export const adoptVerbs: readonly VerbEntry[] = [
  {
    name: 'init',
    summary: 'write a first configuration from what the credentials and the token see, and check it',
    help: `
Looks at the control planes that the token of Konnect may write, and at the VPC endpoints of the regions that are enabled; takes
those regions that hold tagged endpoints, or endpoints that services written by hand lead to. On a terminal it asks, in a
pipe the options say it. It replaces no file, writes nothing else, and ends with doctor.
The token stays in the environment. For a Kong of your own write the file by hand: README.md shows one.`,
    exits: { done: 'written, and all checks are ok or warnings', error: 'nothing written, or a check failed' },
    options: [
      ['-c, --config <file>', 'the file to write (default: kong-privatelink.yaml)'],
      ['--owner <name>', 'unique for each configuration that writes to the control plane (default: its name)'],
      ['--control-plane <name>', 'the control plane to write to, where the token sees several'],
      ['--address <url>', "Konnect's API (default: https://us.api.konghq.com)"],
      ['--token-variable <name>', 'the variable that holds the token (default: KONNECT_TOKEN)'],
      ['--region <region>', 'read this region, whatever it holds; may be repeated', 'repeatable'],
      ['--endpoint <url>', "AWS's API, for networks without a way to the internet"],
    ],
    load: async () => (await import('../init/verb')).runInit,
  },
  {
    name: 'adopt',
    summary: 'show what people wrote by hand and what points at PrivateLink, and take it over',
    help: `
Without --apply and --release it writes nothing. Reads the whole control plane, without select tags, and all endpoints of
the sources of type vpc-endpoints, tagged or not. For each service that leads to an endpoint, by name or by address: its domain, the tags that the endpoint
lacks, what stays as it is, what would change, and what a request would notice.
What somebody else looks after is refused: decK by its select tags (--select-tag), Terraform, an operator, another owner.
An address that several VPCs have is named, and not guessed.
--from reads a decK file in place of the control plane, and needs no token.
--apply takes over the services that stay as they are, or the one of DOMAIN: names, ids, time-outs, paths and plugins stay. It
asks, writes the names into the first file of include and a record beside it (commit both), makes the upstream, waits for the
data planes, and switches. Where endpoints lack tags it writes the files alone: put the tags on, and run it again. What would not
stay as it is is refused; --override accepts it, entity by entity. It may be stopped at any time, and run again.
--release gives a domain back as the record says it was, but for targets that AWS has replaced since.`,
    exits: {
      done: 'nothing can be adopted',
      error: 'error, or no scope has usable credentials',
      differs: 'something can be adopted, or waits for tags',
      refused: 'of --apply and --release: refused, or not confirmed',
      incomplete: 'of --apply and --release: some entities could not be written',
      uncertain: '--strict, and a scope is unknown',
    },
    options: [
      configOption,
      stageOption,
      ['--from <file>', 'read this decK file in place of the control plane'],
      ['--domain <service=domain>', 'call the domain of this service so; may be repeated', 'repeatable'],
      ['--select-tag <tag>', 'decK looks after what has this tag; may be repeated', 'repeatable'],
      ['--apply [domain]', 'take over this domain, or all that stay as they are'],
      ['--override <entity>', 'accept what would change of it, as route:pay; may be repeated', 'repeatable'],
      ['--release <domain>', 'give this domain back'],
      ['--yes', 'do not ask'],
      ['--tags <form>', 'print tags for aws (default) or terraform', ['aws', 'terraform']],
      strictOption,
    ],
    isPrinted: () => true,
    load: async () => (await import('./verb')).runAdopt,
  },
];
