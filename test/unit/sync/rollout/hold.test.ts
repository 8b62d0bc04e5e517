import { expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { planRollback, rollBack } from '#sync/rollout/rollback';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createRemembering } from '../../../support/rollout/remembering';

const { signal } = new AbortController();
const away = { ...hubScope, id: 'hub.away.us-east-1', account: 'away' };
const sd2 = endpointOf();
const sd3 = endpointOf({
  ...{ id: 'vpce-3', scopeId: away.id, domain: 'sd3' },
  addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }],
});

const limit = (perMinute: number): JsonObject => ({ name: 'rate-limiting', config: { minute: perMinute } });

it('the end of a pin asks for all its changes, including domains that are not seen', async () => {
  const asked: (readonly string[])[] = [];
  const turn = {
    whyNot: async ({ changed }: { readonly changed: readonly string[] }) => void asked.push(changed),
    readBefore: async () => ({}),
  };
  let snapshot = snapshotOf(knownScope([sd2]), knownScope([sd3], [], away));
  const stage = createRemembering({ turn, discover: async () => snapshot });
  const use = (of: Readonly<Record<'sd2' | 'sd3', JsonObject>>) => {
    const settings = Object.fromEntries(Object.entries(of).map(([domain, plugin]) => [domain, { plugins: [plugin] }]));
    for (const one of [stage.deps, stage.session]) Object.assign(one, { settings });
  };
  use({ sd2: limit(1), sd3: limit(1) });
  await stage.pass();
  use({ sd2: limit(2), sd3: limit(2) });
  await stage.pass();
  await rollBack(stage.session, await planRollback(stage.session, undefined, signal), signal);
  asked.splice(0);

  snapshot = snapshotOf(knownScope([sd2]), unknownScope(undefined, away));
  use({ sd2: limit(3), sd3: limit(2) });
  await stage.pass();

  expect(stage.state().pin).toBeUndefined();
  expect(asked).toEqual([['sd2', 'sd3']]);
});

it('a stage rolls back to its last revision, even if a revision from before a rollout pause passed', async () => {
  const turn = { whyNot: async () => undefined, readBefore: async () => ({}) };
  const stage = createRemembering({ turn, discover: async () => snapshotOf(knownScope([sd2])) });
  const run = async (perMinute: number, over: Readonly<Partial<typeof stage.session.remembered>> = { turn }) => {
    Object.assign(stage.session.remembered, over);
    Object.assign(stage.deps, { settings: { sd2: { plugins: [limit(perMinute)] } } });
    await stage.pass();
    return stage.state();
  };
  const { runs: passed } = await run(1);
  await stage.session.remembered.journal.write({ ...stage.state(), stable: passed });

  expect((await run(2)).stable).toBe(passed);
  await run(3, { turn: undefined });
  const { runs: last } = await run(4, { turn: undefined });

  expect(last).not.toBe(passed);
  expect((await run(5)).stable).toBe(last);
});
