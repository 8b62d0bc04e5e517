import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ScopeState } from '#core/model';
import type { ViaSettings } from '#deck/via';
import { planRollback, rollBack } from '#sync/rollout/rollback';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createRemembering, type Remembering } from '../../../support/rollout/remembering';

const { signal } = new AbortController();
const resolver = { via: 'resolver', suffix: 'privatelink.internal' } as const;
const name = 'sd2.privatelink|_http._tcp.sd2.privatelink.internal:80';
const addresses = ['sd2.privatelink|10.0.1.11:80', 'sd2.privatelink|10.0.2.11:80'];

let stage: Remembering;
let scope: ScopeState;

beforeEach(() => {
  scope = knownScope([endpointOf()]);
  stage = createRemembering({ discover: async () => snapshotOf(scope) });
});

const targets = () => stage.held().flatMap(({ kind, key }) => (kind === 'target' ? [key] : []));
const algorithm = () => stage.held().find(({ kind }) => kind === 'upstream')?.fields.algorithm;
const revisions = () => [...stage.kept.keys()];

function configure(via: ViaSettings): void {
  for (const one of [stage.deps, stage.session]) Object.assign(one, { via });
}

describe('a revision', () => {
  it('holds via, names it in words, and does not depend on the endpoints', async () => {
    await stage.pass(scope);
    configure(resolver);
    await stage.pass(scope);
    const [before, after] = revisions();

    expect(stage.state().runs).toBe(after);
    expect(after).not.toBe(before);
    expect(stage.state().history.at(-1)?.changes).toBe(
      '1 created, 1 updated: upstream sd2.privatelink, sd2 via resolver in place of 2 addresses',
    );

    scope = knownScope([endpointOf(), endpointOf({ id: 'vpce-2', createdAtMs: 2_000 })]);
    await stage.pass(scope);

    expect(revisions()).toEqual([before, after]);
  });

  it('differs for another suffix', async () => {
    configure(resolver);
    await stage.pass(scope);
    configure({ ...resolver, suffix: 'other.internal' });
    await stage.pass(scope);

    expect(new Set(revisions()).size).toBe(2);
  });

  it('restores its own via at a rollback, and the newest via at the end of the pin', async () => {
    await stage.pass(scope);
    configure(resolver);
    await stage.pass(scope);
    const [first = ''] = revisions();

    await rollBack(stage.session, await planRollback(stage.session, first, signal), signal);
    expect([targets().sort(), algorithm()]).toEqual([addresses, 'least-connections']);
    await stage.pass(scope);
    expect([targets().sort(), algorithm()]).toEqual([addresses, 'least-connections']);

    await rollBack(stage.session, await planRollback(stage.session, 'newest', signal), signal);
    await stage.pass(scope);
    expect([targets(), algorithm()]).toEqual([[name], 'round-robin']);
  });

  it('fm-75 waits while a scope is unknown even under a pin, and that does not end the pin', async () => {
    await stage.pass(scope);
    configure(resolver);
    await stage.pass(scope);
    const [first = ''] = revisions();
    scope = unknownScope([endpointOf()]);

    await rollBack(stage.session, await planRollback(stage.session, first, signal), signal);
    const waiting = await stage.pass(scope);

    expect([targets(), algorithm()]).toEqual([[name], 'round-robin']);
    expect(waiting.kept.map(({ reason }) => reason)).toContain(
      'via addresses waits: scope hub.self.us-east-1 is unknown',
    );
    expect(stage.state().pin?.revision).toBe(first);

    scope = knownScope([endpointOf()]);
    await stage.pass(scope);

    expect([targets().sort(), algorithm()]).toEqual([addresses, 'least-connections']);
    expect(stage.state().pin?.revision).toBe(first);
  });
});
