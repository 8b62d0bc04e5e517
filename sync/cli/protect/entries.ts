import type { VerbEntry } from '../verb-entry';

/** What the command line offers to list what nothing takes away. */
export const protectVerbs: readonly VerbEntry[] = [
  {
    name: 'protect',
    summary: 'let nothing take these domains or entities away, but what AWS reports as gone for good',
    help: `
Writes the first file of include, which it makes where there is none; comments and order of that file stay. Of a domain
that is listed nothing is removed, and retire refuses it. An entity is named as diff and --json name it (route:sd2,
target:sd2.privatelink|10.0.1.11:80, in quotes) and stays with what is below it, and with what it needs.
Targets leave all the same whose endpoint AWS reports as deleted, rejected or failed; new ones come, and weights change.
A worker goes by it from its next pass on; diff shows what stays.`,
    exits: { done: 'done, or it was so already', error: 'error; nothing written' },
    argument: ['<names...>', 'domains, and entities: a kind, a colon and a key'],
    load: async () => (await import('./run')).runProtect,
  },
  {
    name: 'unprotect',
    summary: 'take domains or entities out of what protect lists',
    help: `
Writes the same file as protect. What stands in another file, such as the configuration itself, people take out there.`,
    exits: { done: 'done, or it was so already', error: 'error; nothing written' },
    argument: ['<names...>', 'as protect lists them'],
    load: async () => (await import('./run')).runUnprotect,
  },
];
