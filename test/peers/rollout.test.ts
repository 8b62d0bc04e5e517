import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { request } from 'undici';
import { systemClock } from '#io/clock';
import { dblessBackend } from '#sync/control-planes/dbless/backend';
import { createAsk, openDispatcher } from '#sync/rollout/gates/ask';
import { createDataPlaneGate } from '#sync/rollout/gates/data-planes';
import { askErrors } from '../support/kong/errors-of-kong';
import { describeWithKong } from '../support/kong/real-kong';
import {
  endless,
  openStagedKongs,
  type Revision,
  type StagedKong,
  type StagedKongs,
  short,
} from '../support/kong/staged-kongs';
import { until } from '../support/until';
import type { WorkerProcess } from '../support/watch/process';

const names = ['canary', 'blue', 'green'];
/** Of the endpoint, one after the other. */
const addresses = [
  ['127.0.78.1', '127.0.78.2'],
  ['127.0.78.3', '127.0.78.4'],
  ['127.0.78.5', '127.0.78.6'],
];

const signal = new AbortController().signal;
const noConfiguration = '0'.repeat(32);

describeWithKong('three real Kongs without a database, one stage each, under load', () => {
  let kongs: StagedKongs;
  /** When each answered right for the first time. */
  let begun: readonly number[];
  let worker: WorkerProcess;

  beforeAll(async () => {
    kongs = await openStagedKongs(names, addresses);
  });

  afterAll(() => kongs?.close());

  /** One `sync` that brings it to all stages. */
  async function bring(revision: Revision): Promise<void> {
    kongs.configure(revision);
    const result = await kongs.sync();
    const done = { progress: expect.objectContaining({ step: 'done' }) };
    expect(result).toMatchObject({ exitCode: 0, report: { stages: names.map((stage) => ({ stage, ...done })) } });
  }

  const each = <T>(of: (stage: StagedKong, index: number) => T): readonly T[] => kongs.stages.map(of);

  /** The hashes that a Kong says at its Admin and its Status API. */
  const hashesOf = ({ admin, status }: StagedKong) =>
    Promise.all(
      [admin, status].map(async (address) => {
        const { body } = await request(`${address}/status`);
        return ((await body.json()) as { configuration_hash: string }).configuration_hash;
      }),
    );

  /**
   * Waits until each gateway answers right with one of these revisions. Returns the marks from
   * which no request may fail.
   */
  async function settled(...revisions: readonly string[]): Promise<readonly number[]> {
    const isSettled = ({ load }: StagedKong, index: number) =>
      load.last()?.status === 200 && load.last()?.headers['x-revision'] === revisions[index];
    await until(`the stages answer with ${revisions}`, () => each(isSettled).every(Boolean));
    return each(({ load }) => load.mark());
  }

  /** Waits until each was asked again and again; gives what failed since. */
  async function failuresSince(marks: readonly number[]) {
    const answered = () => each(({ load }, index) => load.answered(marks[index] ?? 0));
    await until('each was asked again', () => answered().every((count) => count > 20));
    return each(({ name, load }, index) => [name, load.failures(marks[index])]);
  }

  const none = names.map((name) => [name, []]);

  /** What failed in the seconds before is no fault of the next revision. */
  const forgotten = () =>
    until('nobody counts what failed before', async () => {
      const shares = await Promise.all(names.map((name) => askErrors(kongs.prometheus, name)));
      return shares.every((share) => share === 0);
    });

  it('show their configuration hash to the gate at both APIs, even after a change of targets alone', async () => {
    const [canary, blue] = kongs.stages;
    if (!canary || !blue) throw new Error('there are no stages');
    const config = { type: 'dbless', address: canary.admin } as const;
    const gateOf = (...urls: readonly string[]) =>
      createDataPlaneGate({
        ...{ mode: 'required', readNodes: dblessBackend.readNodes?.(config), urls },
        ...{ ask: createAsk(openDispatcher()), clock: systemClock },
      });
    const look = (settleMs: number, ...urls: readonly string[]) => {
      const sampler = gateOf(...urls).open({ settleMs, bakingMs: () => undefined });
      return () => sampler.sample(signal);
    };
    const status = `${canary.status}/status`;
    expect(await hashesOf(canary)).toEqual([noConfiguration, noConfiguration]);
    expect(await look(600_000, status)()).toMatchObject({ kind: 'pending', said: expect.stringMatching(/^2 of 2/) });

    await bring({ times: short, revision: 'first' });
    const before = await hashesOf(canary);
    const lookOn = look(600_000, status);
    expect(await lookOn()).toMatchObject({ kind: 'pass' });
    kongs.recreateAt(addresses[1] ?? []);
    await bring({ times: short, revision: 'first' });
    const after = await hashesOf(canary);

    expect([before, after].map((hashes) => new Set(hashes).size)).toEqual([1, 1]);
    expect(new Set([noConfiguration, ...before, ...after]).size).toBe(3);
    expect(await lookOn()).toMatchObject({ kind: 'pass' });
    expect(await look(0, status)()).toMatchObject({ kind: 'pass' });
    // Another node never has the hash of this one.
    expect(await look(0, `${blue.status}/status`)()).toMatchObject({ kind: 'fail' });
  });

  it('get a good revision from canary to blue to green, and lose no request', async () => {
    begun = await settled('first', 'first', 'first');
    await forgotten();

    kongs.configure({ times: short, revision: 'second' });
    worker = kongs.watch();
    await worker.until('rollout end');

    await settled('second', 'second', 'second');
    const [canary = 0, blue = 0, green = 0] = await Promise.all(each(({ writtenAt }) => writtenAt()));
    expect([blue - canary, green - blue].map((seconds) => seconds >= short.bakeSeconds - 1)).toEqual([true, true]);
    expect(await failuresSince(begun)).toEqual(none);
  });

  it.each(['requests', 'metrics'] as const)(
    'roll a bad revision back at the canary by %s, and no other stage loses a request',
    async (gate) => {
      await forgotten();
      const marks = await settled('second', 'second', 'second');
      const plugins = [{ name: 'request-termination', config: { status_code: 503 } }];

      kongs.configure({ times: endless, revision: `bad for ${gate}`, plugins, gates: [gate] });

      expect(await worker.until('rollout rollback')).toMatchObject({
        stage: 'canary',
        reason: expect.stringMatching(gate === 'requests' ? /requests: .*status 503/ : /errors: .*above its limit/),
      });
      const since = await settled('second', 'second', 'second');
      const [canary, ...others] = await failuresSince(marks);
      expect(canary?.[1]).not.toEqual([]);
      expect(others).toEqual(none.slice(1));
      expect(await failuresSince(since)).toEqual(none);
    },
  );

  it('follow a recreated endpoint in all stages during a bake, and go on after a stop', async () => {
    await forgotten();
    const marks = await settled('second', 'second', 'second');
    kongs.configure({ times: endless, revision: 'third' });
    await until('the canary is baking', async () => {
      const { stage, step } = await worker.until('rollout');
      return stage === 'canary' && step === 'baking';
    });
    await settled('third', 'second', 'second');

    kongs.recreateAt(addresses[2] ?? []);
    const isNew = ({ load }: StagedKong) => addresses[2]?.includes(JSON.parse(load.last()?.body ?? '{}').address);
    await until('all ask the new addresses', () => each(isNew).every(Boolean));

    await settled('third', 'second', 'second');
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toEqual([0, null]);
    kongs.configure({ times: short, revision: 'third' });
    await kongs.watch().until('rollout end');
    await settled('third', 'third', 'third');
    expect(await failuresSince(marks)).toEqual(none);
    expect((await failuresSince(begun)).slice(1)).toEqual(none.slice(1));
  });
});
