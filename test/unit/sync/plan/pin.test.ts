import { describe, expect, it } from '@jest/globals';
import type { HeldEntity, Kind } from '#deck/document';
import type { Revision } from '#deck/revision';
import { affinityOf, heldBeside, isOver, isRevoked, isTakenBack, keptUnder, type Pin } from '#sync/plan/pin';

const kinds: readonly Kind[] = ['upstream', 'target', 'service', 'plugin', 'route'];

function heldOf(kind: Kind, over: Partial<HeldEntity> = {}): HeldEntity {
  return { kind, key: 'sd2', domain: 'sd2', id: `id of ${kind}`, fields: {}, tags: [], ...over };
}

const revision: Revision = { id: '0123456789ab', affinity: 'none', entities: [], base: [] };
const pinOf = (isFromAnother: Pin['isFromAnother']): Pin => ({ revision, isFromAnother });

describe('an entity that leaves with a pin', () => {
  it('fm-68 is a service, a route or a plugin of another revision, and never data', () => {
    const held = kinds.map((kind) => heldOf(kind));

    expect(held.filter(isRevoked).map(({ kind }) => kind)).toEqual(['service', 'plugin', 'route']);
    expect(
      held
        .filter((one) =>
          isTakenBack(
            one,
            pinOf(() => true),
          ),
        )
        .map(({ kind }) => kind),
    ).toEqual(['service', 'plugin', 'route']);
    expect(
      held.filter((one) =>
        isTakenBack(
          one,
          pinOf(() => false),
        ),
      ),
    ).toEqual([]);
  });

  it('is distinguished from an entity of unknown origin, which stays', () => {
    const pin = pinOf(({ kind }) => kind === 'route');

    expect(
      keptUnder(
        pin,
        kinds.map((kind) => heldOf(kind)),
      ).map(({ reason }) => reason),
    ).toEqual([
      'revision 0123456789ab does not have this service, and the journal does not say which revision created it; delete it by hand if nobody needs it',
      'revision 0123456789ab does not have this plugin, and the journal does not say which revision created it; delete it by hand if nobody needs it',
    ]);
  });
});

describe('isOver', () => {
  it('waits for a person if the rolled back part is unknown', () => {
    const newest = { ...revision, affinity: 'weighted' } as const;

    expect(
      isOver(
        pinOf(() => true),
        newest,
      ),
    ).toBe(false);
    expect(isOver({ ...pinOf(() => true), left: { ...revision, affinity: 'failover' } }, newest)).toBe(true);
  });
});

describe('affinityOf', () => {
  const ofZone = (fields: HeldEntity['fields']) =>
    heldOf('target', { key: 'use1-az1.sd2.privatelink|10.0.0.1:80', fields });

  const inDomain = (weight: number) => heldOf('target', { key: 'sd2.privatelink|10.0.0.1:80', fields: { weight } });

  const other = (weight: number) => heldOf('target', { key: 'sd2.privatelink|10.0.0.2:80', fields: { weight } });
  const otherOfZone = (weight: number) =>
    heldOf('target', { key: 'use1-az1.sd2.privatelink|10.0.0.2:80', fields: { weight } });

  it.each<[string, readonly HeldEntity[], string]>([
    ['nothing', [], 'none'],
    ['the domain alone', [heldOf('upstream', { key: 'sd2.privatelink' })], 'none'],
    ['the upstream of a zone', [heldOf('upstream', { key: 'use1-az1.sd2.privatelink' })], 'weighted'],
    ['its targets', [ofZone({ weight: 100 })], 'weighted'],
    ['failover targets', [ofZone({ weight: 100 }), ofZone({ weight: 100, failover: true })], 'failover'],
    ['its own address with ten times the weight', [inDomain(100), ofZone({ weight: 1_000 })], 'weighted'],
    ['only addresses of other zones, weighted', [inDomain(100), ofZone({ weight: 1 })], 'weighted'],
    ['only its own address, with its weight', [inDomain(100), ofZone({ weight: 100 })], 'failover'],
    [
      'its own address, and a weight that was written only there',
      [inDomain(50), other(70), ofZone({ weight: 100 }), otherOfZone(70)],
      'failover',
    ],
    ['addresses out of rotation', [inDomain(0), ofZone({ weight: 0 })], 'weighted'],
  ])('reads from %s', (_, held, expected) => {
    expect(affinityOf(held)).toBe(expected);
  });
});

describe('heldBeside', () => {
  const { id: _, ...secure } = heldOf('service', { fields: { protocol: 'https' } });
  const left: Revision = { ...revision, entities: [secure] };
  const [service, target] = [heldOf('service', { fields: { protocol: 'http' } }), heldOf('target')];
  const pin = pinOf(() => false);

  it('returns the configuration that was left, and the held data', () => {
    expect(heldBeside({ ...pin, left }, [service, target])).toEqual([target, secure]);
  });

  it('returns nothing for a domain without held entities', () => {
    expect(heldBeside({ ...pin, left }, [])).toEqual([]);
  });

  it('returns the held entities if the revision that was left is unknown', () => {
    expect(heldBeside(pin, [service, target])).toEqual([service, target]);
  });
});
