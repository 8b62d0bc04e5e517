import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ask } from '#sandbox/estates/estate';
import { accounts } from '#sandbox/estates/t0';
import { prepareT0 } from '#sandbox/estates/t0-story';
import { type OpenStage, openStage } from '#sandbox/stage';
import type { Trip } from '#sandbox/story';

let stage: OpenStage;

beforeEach(async () => {
  stage = await openStage(prepareT0, new AbortController().signal);
});

afterEach(() => stage.close());

it('a contract refuses every caller that it does not name, even after people accepted the connection', async () => {
  const trips: Trip[] = [];
  for (const act of stage.estate.acts) trips.push((await act(stage)).trip);
  const { world, product } = stage;
  const stranger = world.endpoints().find(({ account }) => account === accounts.stranger);
  const { address = '' } = trips.flatMap(({ hops }) => hops).find(({ from }) => from === accounts.stranger) ?? {};
  await expect(ask(address, '/sd2/orders', 'pending')).rejects.toThrow();

  world.accept(stranger?.id ?? '');
  const accepted = await ask(address, '/sd2/orders', 'accepted');
  await product.run('sync');
  await product.settle();
  const synchronised = await ask(address, '/sd2/orders', 'synchronised');

  expect(trips.map(({ problem }) => problem)).toEqual(trips.map(() => undefined));
  expect([accepted, synchronised].map(({ status }) => status)).toEqual([403, 403]);
  expect(['accepted', 'synchronised'].flatMap((traceId) => stage.hopsOf(traceId))).toMatchObject([
    { to: 'sd2', address: 'none' },
    { to: 'sd2', address: 'none' },
  ]);
});
