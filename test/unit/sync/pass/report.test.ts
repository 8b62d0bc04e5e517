import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import type { Entity } from '#deck/document';
import { type Report, serialiseReport } from '#sync/pass/report';
import type { Change } from '#sync/plan/changes';

const empty: Report = { owner: 'test', scopes: [], quarantined: [], changes: [], kept: [], warnings: [] };

function changeOf(config: JsonObject): Change {
  const plugin: Entity = { kind: 'plugin', key: 'sd2|x', domain: 'sd2', fields: { name: 'x', config }, tags: [] };
  return {
    action: 'update',
    kind: 'plugin',
    key: 'sd2|x',
    id: '1',
    domain: 'sd2',
    reason: 'x',
    before: plugin,
    after: plugin,
  };
}

describe('serialiseReport', () => {
  it.each<[string, (change: Change) => Partial<Report>]>([
    ['changes', (change) => ({ changes: [change] })],
    ['applied', (change) => ({ applied: [{ change, outcome: 'applied' }] })],
    ['leftOut', (change) => ({ leftOut: [{ change, outcome: 'skipped' }] })],
    ['unnecessary', (change) => ({ unnecessary: [change] })],
    ['withheld', (change) => ({ withheld: { reason: 'x', changes: [change] } })],
  ])('masks the secrets of a plugin in %s', (_, over) => {
    const given = { ...empty, ...over(changeOf({ password: 'secret', lists: [['secret']], minute: 5, off: false })) };

    const masked = { ...empty, ...over(changeOf({ password: '***', lists: [['***']], minute: 5, off: false })) };
    expect(JSON.parse(serialiseReport(given))).toEqual(JSON.parse(JSON.stringify(masked)));
  });

  it('shows the whole callers plugin, because its settings are the contract', () => {
    const change = changeOf({ mode: 'enforce', callers: 'sd1 111111111111 vpce-1' });
    const callers = (one: Entity | undefined) =>
      one && { ...one, fields: { ...one.fields, name: 'privatelink-callers' } };
    const given = { ...empty, changes: [{ ...change, before: callers(change.before), after: callers(change.after) }] };

    expect(JSON.parse(serialiseReport(given))).toEqual(JSON.parse(JSON.stringify(given)));
  });

  it('masks no configuration that only looks like a change or a plugin', () => {
    const odd = changeOf({
      before: 'x',
      after: null,
      kind: 'plugin',
      fields: 'x',
      inner: { kind: 'plugin', fields: {} },
    });

    const { changes } = JSON.parse(serialiseReport({ ...empty, changes: [odd] }));

    expect(changes[0].after.fields.config).toMatchObject({ before: '***', after: null, kind: '***', fields: '***' });
  });

  it('adds the other fields of a verb', () => {
    expect(JSON.parse(serialiseReport(empty, { output: 'kong.yaml' }))).toEqual({ ...empty, output: 'kong.yaml' });
  });
});
