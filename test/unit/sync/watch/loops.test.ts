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
  it('are one for each stage, and continue with the present session', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.use([sessionOf('us', 'elsewhere'), sessionOf('eu')]);

    expect(loops.all()).toEqual(['eu', 'us']);
    expect(begun.map(({ current }) => current().place)).toEqual(['here', 'elsewhere']);
  });

  it('are one without a name for the only control plane', () => {
    loops.use([sessionOf()]);
    loops.use([sessionOf(undefined, 'elsewhere')]);

    expect(begun.map(({ current }) => current().place)).toEqual(['elsewhere']);
  });

  it('end when their stage is gone, and start again when it returns', () => {
    loops.use([sessionOf('eu'), sessionOf('us')]);
    loops.use([sessionOf('us')]);
    const before = begun.map(({ signal }) => signal.aborted);
    loops.use([sessionOf('us'), sessionOf('eu')]);

    expect(before).toEqual([true, false]);
    expect(loops.all()).toEqual(['us', 'eu']);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
  });

  it('are woken, and aborted, together', () => {
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

  it('are alive when all go on, and ready when one is ready', () => {
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

  it('have ended when the last loop has ended, even of a removed stage', async () => {
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
