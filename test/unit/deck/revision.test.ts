import { describe, expect, it } from '@jest/globals';
import type { Entity } from '#deck/document';
import { revisionOf } from '#deck/revision';

const service: Entity = {
  kind: 'service',
  key: 'sd2',
  domain: 'sd2',
  fields: { name: 'sd2', protocol: 'http' },
  tags: ['kong-privatelink', 'owner:test'],
};

const rest = { affinity: 'none', base: [] } as const;

describe('revisionOf', () => {
  it('gives one id whatever the order in which a control plane gives tags', () => {
    const reversed = { ...service, id: '1', tags: [...service.tags].reverse() };

    const desired = revisionOf({ desired: [service], held: [], ...rest });
    const held = revisionOf({ desired: [], held: [reversed], ...rest });

    expect(held.id).toBe(desired.id);
  });
});
