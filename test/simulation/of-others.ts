import type { HeldEntity } from '#deck/document';

/** Entities that the product must not touch: those of people, and those of another owner. */
export const ofOthers: readonly HeldEntity[] = [
  {
    kind: 'service',
    key: 'sd4',
    domain: 'sd4',
    id: 'theirs-1',
    fields: { name: 'sd4', host: 'sd4.example' },
    tags: [],
  },
  { kind: 'upstream', key: 'team', domain: 'team', id: 'theirs-2', fields: { name: 'team' }, tags: ['team-x'] },
  {
    kind: 'target',
    key: 'team|10.0.0.4:80',
    domain: 'team',
    parent: 'team',
    id: 'theirs-3',
    fields: { target: '10.0.0.4:80', weight: 7 },
    tags: ['kong-privatelink', 'owner:other'],
  },
];
