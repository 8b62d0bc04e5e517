import type { VerbEntry } from '../verb-entry';

/** Verbs that change the list of protected entries. */
export const protectVerbs: readonly VerbEntry[] = [
  {
    name: 'protect',
    summary: 'Keep domains or entities from being removed, unless AWS reports them gone',
    help: `
Writes the first file of include, and creates it where it does not exist. Comments and order of that
file stay. Nothing of a protected domain is removed, and retire refuses the domain. Name an entity
as diff and --json do (route:sd2, target:sd2.privatelink|10.0.1.11:80, in quotes). The entity stays,
together with the entities below it and the entities that it needs.
A target still leaves when AWS reports its endpoint as deleted, rejected or failed. New targets
come, and weights change.
A worker reads the list in its next pass. diff shows what stays.`,
    exits: { done: 'done, or the list was so already', error: 'error. Nothing was written' },
    argument: ['<names...>', 'Domains, or entities as KIND:KEY'],
    load: async () => (await import('./run')).runProtect,
  },
  {
    name: 'unprotect',
    summary: 'Remove domains or entities from the list of protect',
    help: `
Writes the same file as protect. A name in another file, for example in the configuration itself,
must be removed there by hand.`,
    exits: { done: 'done, or the list was so already', error: 'error. Nothing was written' },
    argument: ['<names...>', 'Names as protect lists them'],
    load: async () => (await import('./run')).runUnprotect,
  },
];
