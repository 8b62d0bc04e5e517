import { configOption, stageOption, strictOption, type VerbEntry } from '../verb-entry';

/** What the command line offers for the first day. */
export const adoptVerbs: readonly VerbEntry[] = [
  {
    name: 'adopt',
    summary: 'show what people wrote by hand and what points at PrivateLink, and what it would mean to adopt it',
    help: `
Writes nothing. Reads the whole control plane, without select tags, and all endpoints of the sources of type vpc-endpoints,
tagged or not. For each service that leads to an endpoint, by name or by address: its domain, the tags that the endpoint
lacks, what stays as it is, what would change, and what a request would notice.
What somebody else looks after is refused: decK by its select tags (--select-tag), Terraform, an operator, another owner.
An address that several VPCs have is named, and not guessed.
--from reads a decK file in place of the control plane, and needs no token.`,
    exits: {
      done: 'nothing can be adopted',
      error: 'error, or no scope has usable credentials',
      differs: 'something can be adopted',
      uncertain: '--strict, and a scope is unknown',
    },
    options: [
      configOption,
      stageOption,
      ['--from <file>', 'read this decK file in place of the control plane'],
      ['--domain <service=domain>', 'call the domain of this service so; may be repeated', 'repeatable'],
      ['--select-tag <tag>', 'decK looks after what has this tag; may be repeated', 'repeatable'],
      ['--tags <form>', 'print tags for aws (default) or terraform', ['aws', 'terraform']],
      strictOption,
    ],
    isPrinted: () => true,
    load: async () => (await import('./verb')).runAdopt,
  },
];
