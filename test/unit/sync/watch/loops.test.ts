import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '#sync/pass/session';
import { createLoops, type Loops } from '#sync/watch/loops';

type Begun = {
  readonly current: () => Session;
  readonly signal: AbortSignal;
  readonly woken: string[];
  isAlive: boolean;
  isReady: boolean;
  end: () => void;
};

const sessionOf = (stage?: string, place = 'here') => ({ stage, place }) as Session;

let all: AbortController;
let begun: Begun[];
let loops: Loops<string | undefined>;

beforeEach(() => {
  all = new AbortController();
  begun = [];
  loops = createLoops((current, signal) => {
    const loop: Begun = { current, signal, woken: [], isAlive: true, isReady: false, end: () => {} };
    const ended = new Promise<void>((resolve) => {
      loop.end = resolve;
    });
    begun.push(loop);
    const worker = {
      trigger: () => void loop.woken.push('triggered'),
      wake: () => void loop.woken.push('woken'),
      isAlive: () => loop.isAlive,
      isReady: () => loop.isReady,
      ended,
    };
    return { worker, more: current().stage };
  }, all.signal);
});

describe('loops over stages', () => {
  it('are one for each, which goes on with the session that there is', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.use([sessionOf('us', 'elsewhere'), sessionOf('eu')]);

    expect(loops.all()).toEqual(['eu', 'us']);
    expect(begun.map(({ current }) => current().place)).toEqual(['here', 'elsewhere']);
  });

  it('is one for the only control plane, which has no name', () => {
    loops.use([sessionOf()]);
    loops.use([sessionOf(undefined, 'elsewhere')]);

    expect(begun.map(({ current }) => current().place)).toEqual(['elsewhere']);
  });

  it('end where their stage is gone, and begin anew where it comes back', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.use([sessionOf('us')]);
    const before = begun.map(({ signal }) => signal.aborted);
    loops.use([sessionOf('us'), sessionOf('eu')]);

    expect(before).toEqual([true, false]);
    expect(loops.all()).toEqual(['us', 'eu']);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
  });

  it('are woken, and stopped, together', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.wake();
    loops.trigger();
    all.abort();

    expect(begun.map(({ woken }) => woken)).toEqual([
      ['woken', 'triggered'],
      ['woken', 'triggered'],
    ]);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('are alive where all go on, and ready where one is', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    const [eu, us] = begun as [Begun, Begun];
    const states = () => [loops.isAlive(), loops.isReady()];
    const seen = [states()];
    us.isReady = true;
    seen.push(states());
    eu.isAlive = false;
    seen.push(states());
    loops.use([sessionOf('us')]);
    seen.push(states());

    expect(seen).toEqual([
      [true, false],
      [true, true],
      [false, true],
      [true, true],
    ]);
  });

  it('have ended when the last has, also of a stage that is gone', async () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.use([sessionOf('us')]);
    let isOver = false;
    const ended = loops.ended().then(() => {
      isOver = true;
    });
    begun[1]?.end();
    await new Promise(setImmediate);
    const before = isOver;
    begun[0]?.end();
    await ended;

    expect([before, isOver]).toEqual([false, true]);
  });
});
