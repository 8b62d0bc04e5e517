import { describe, expect, it } from '@jest/globals';
import { applyToDeclarative, parseDeclarative, runningItemsOf } from '#sync/control-planes/dbless/declarative';
import { createsOf, documentOf } from '../../../../support/control-planes/konnect';

const running = parseDeclarative(`_format_version: '3.0'
_transform: false
consumers: [{ id: c1, username: joe, tags: [0o17, 0x1F, '0123', 'yes', 2001-01-01] }]
services: [{ id: s1, name: theirs, host: theirs.example, path: ~ }]
routes: [{ id: r1, name: theirs, paths: [/theirs], service: s1 }]
`);

describe('parseDeclarative', () => {
  it('reads as text what Kong writes without quotes', () => {
    expect(running.consumers).toEqual([
      { id: 'c1', username: 'joe', tags: ['0o17', '0x1F', '0123', 'yes', '2001-01-01'] },
    ]);
  });

  it('fm-54 uses the last of duplicate keys, because a comparison of all keys would take too long', () => {
    expect(parseDeclarative('_transform: false\n_transform: true\n')).toMatchObject({ _transform: true });
  });

  it.each([
    ['services: {}', 'expected array, received object'],
    ['- a list', 'expected object, received array'],
    ['services: [1]', 'expected record, received number'],
    ['services: [', 'at line 1'],
    [`services: ${'['.repeat(5_000)}`, 'is nested deeper than 100 levels'],
  ])('refuses %s, and names the place', (text, message) => {
    expect(() => parseDeclarative(text)).toThrow(message);
  });
});

describe('runningItemsOf', () => {
  it('returns references as an Admin API does', () => {
    expect(runningItemsOf(running).get('route')).toEqual([
      { id: 'r1', name: 'theirs', paths: ['/theirs'], service: { id: 's1' } },
    ]);
  });
});

describe('applyToDeclarative', () => {
  const creates = createsOf(documentOf('sd2', 1));

  it('adds created entities, with references by id, and keeps all others', () => {
    const next = applyToDeclarative(running, creates);

    const [service] = next.services.slice(-1);
    expect(next.services[0]).toEqual(running.services[0]);
    expect(next.consumers).toBe(running.consumers);
    expect(next._transform).toBe(false);
    expect(next.routes.slice(-1)).toMatchObject([{ name: 'sd2', service: service?.id }]);
    expect(next.targets).toMatchObject([{ target: '10.0.0.0:80', upstream: next.upstreams[0]?.id }]);
  });

  it('returns to an equal text when created entities are deleted again', () => {
    const deletes = creates.map(({ after: _, ...change }) => ({ ...change, action: 'delete' as const }));

    const back = applyToDeclarative(applyToDeclarative(running, creates), deletes);

    expect(JSON.stringify(back)).toBe(JSON.stringify(running));
  });
});
