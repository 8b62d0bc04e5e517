import { describe, expect, it } from '@jest/globals';
import { callersEntity, withTables } from '#deck/callers/entity';
import { approve } from '#sync/plan/approval';
import type { Change } from '#sync/plan/changes';
import { createsOf, documentOf } from '../../../support/control-planes/konnect';

const creates = createsOf(documentOf('sd2', 2));
const targets = creates.filter((one) => one.kind === 'target');
const [first, second] = targets;

function without(kind: Change['kind']): readonly Change[] {
  return creates.filter((one) => one.kind !== kind);
}

function removalOf(create: Change | undefined, isConfirmed = false): Change {
  if (!create) throw new Error('no target');
  return { ...create, action: 'delete', before: create.after, after: undefined, isConfirmed };
}

function namesOf(changes: readonly Change[]): readonly string[] {
  return changes.map(({ action, kind, key }) => `${action} ${kind} ${key}`);
}

describe('approve', () => {
  it('passes the changes in both plans, whatever the words of the reason', () => {
    const approved = creates.map((one) => ({ ...one, reason: 'other words', id: 'other' }));

    expect(approve(creates, approved)).toEqual({ changes: creates, leftOut: [], unnecessary: [], refused: undefined });
  });

  it('leaves out later connections, and goes on; another mode is refused', () => {
    const settings = { mode: 'observe', onMissing: 'allow', exceptions: [] } as const;
    const place = { service: 'sd2', domain: 'sd2', tags: [] };
    const before = withTables(callersEntity(settings, place), { callers: '', others: '' });
    const tables = { callers: 'sd1 111111111111 vpce-1', others: '' };
    const update = { action: 'update', kind: 'plugin', key: before.key, domain: 'sd2', id: '1', reason: '' } as const;
    const came = { ...update, before, after: withTables(before, tables) };
    const enforced = callersEntity({ ...settings, mode: 'enforce' }, place);

    const { changes, leftOut, problem } = approve([came, ...targets], targets);

    expect(problem).toBeUndefined();
    expect(changes).toEqual(targets);
    expect(leftOut).toEqual([{ change: came, outcome: 'skipped', error: 'it is not in the approved plan' }]);
    expect(approve([{ ...came, after: withTables(enforced, tables) }], []).problem?.reason).toContain('update plugin');
  });

  it('names approved changes that are not planned any more', () => {
    expect(approve([], creates).unnecessary).toEqual(creates);
  });

  it('refuses an update whose content differs, whatever its words', () => {
    const update = { ...first, action: 'update', reason: 'same words' } as Change;
    const after = update.after && { ...update.after, fields: { ...update.after.fields, weight: 7 } };

    const { problem, changes } = approve([{ ...update, after }], [update]);

    expect(problem?.reason).toContain('update target sd2.privatelink|10.0.0.0:80');
    expect(changes).toEqual([]);
  });

  it('refuses a removal that is not approved', () => {
    expect(approve([removalOf(first)], [removalOf(second)]).problem?.reason).toContain('delete target');
  });

  it('accepts a removal that AWS confirmed after its approval', () => {
    expect(approve([removalOf(first, true)], [removalOf(first)]).problem).toBeUndefined();
  });

  it('counts changes beyond the named ones', () => {
    const many = Array.from({ length: 5 }, () => removalOf(first));

    expect(approve(many, []).problem?.reason).toContain('and 2 more');
  });

  it('leaves out a change that depends on an unapproved entity', () => {
    const { changes, leftOut, problem } = approve(creates, without('upstream'));

    expect(problem).toBeUndefined();
    expect(changes).toEqual([]);
    expect(new Set(leftOut.map((one) => one.error))).toEqual(
      new Set([
        'it is not in the approved plan',
        'its upstream sd2.privatelink waits for the next plan',
        'its service sd2 waits for the next plan',
      ]),
    );
  });

  it('leaves out a new domain that would stand without targets, as all its addresses changed since', () => {
    const { changes, leftOut, problem } = approve(creates, without('target'));

    expect(problem).toBeUndefined();
    expect(changes).toEqual([]);
    expect(leftOut.map(({ change, error }) => [change.kind, error])).toEqual([
      ['upstream', 'none of its targets is in the approved plan'],
      ['target', 'it is not in the approved plan'],
      ['target', 'it is not in the approved plan'],
      ['service', 'its upstream sd2.privatelink waits for the next plan'],
      ['plugin', 'its service sd2 waits for the next plan'],
      ['route', 'its service sd2 waits for the next plan'],
    ]);
  });

  const heldOf = (changes: readonly Change[]) => changes.flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));
  const withTarget = (weight: number) =>
    targets.map((one) => ({ ...one, after: one.after && { ...one.after, fields: { ...one.after.fields, weight } } }));

  it.each([
    ['an upstream that is held without targets', [], []],
    ['an upstream that holds a target', targets.slice(1), ['sd2']],
    ['an upstream that holds only a target out of rotation', withTarget(0).slice(1), []],
    ['an upstream that holds a target that AWS calls gone', targets.slice(1), [], removalOf(targets[1], true)],
  ])('decides about a new service on %s', (_, holding, written, ...removals: readonly Change[]) => {
    const upstream = creates.filter(({ kind }) => kind === 'upstream');
    const fresh = creates.filter((one) => one.kind !== 'upstream' && !holding.some(({ key }) => key === one.key));
    const approved = [...without('target'), ...removals];

    const { changes } = approve([...fresh, ...removals], approved, heldOf([...upstream, ...holding]));

    const services = changes.filter(({ kind }) => kind === 'service').map(({ key }) => key);
    expect(services).toEqual(written);
  });

  it('leaves out a new domain of which only a target out of rotation is approved', () => {
    const [idle] = withTarget(0);
    const planned = creates.map((one) => (one === first && idle ? idle : one));

    expect(
      approve(
        planned,
        planned.filter((one) => one !== second),
      ).changes.map(({ kind }) => kind),
    ).toEqual([]);
  });

  it('creates a new domain with those of its targets that are approved', () => {
    const approved = creates.filter((one) => one !== first);

    expect(approve(creates, approved).changes).toEqual(approved);
  });

  it('leaves out the route, and keeps the replaced plugin, while the new plugin waits for approval', () => {
    const plugin = creates.find((one) => one.kind === 'plugin');
    const replaced = { ...removalOf(plugin), key: 'sd2|key-auth' };

    const { changes } = approve([...creates, replaced], [...without('plugin'), replaced]);

    expect(changes).toEqual(creates.filter((one) => one.kind !== 'plugin' && one.kind !== 'route'));
  });

  it.each([
    ['keeps an absent target', false, []],
    ['removes a target that AWS calls gone', true, ['delete target sd2.privatelink|10.0.0.1:80']],
  ])('fm-13 %s while a new target of its upstream waits for approval', (_, isConfirmed, done) => {
    const removal = removalOf(second, isConfirmed);
    const planned = [...(first ? [first] : []), removal];

    expect(namesOf(approve(planned, [removal]).changes)).toEqual(done);
  });
});
