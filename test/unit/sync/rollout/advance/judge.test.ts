import { describe, expect, it } from '@jest/globals';
import { createJudge, type Judge } from '#sync/rollout/advance/judge';
import type { Sample } from '#sync/rollout/gates/gate';

const gates = [
  { name: 'dataPlanes', isOfSettling: true, everyMs: 1_000 },
  { name: 'requests', everyMs: 1_000 },
];
const sample = (kind: Sample['kind']): Sample => ({ kind, said: `it is ${kind}` });

function open(): Judge {
  return createJudge({ gates, settleMs: 10_000, bakeMs: 20_000 });
}

/** A second in which each gate returns this kind. */
function second(judge: Judge, dataPlanes: Sample['kind'], requests?: Sample['kind']) {
  judge.take('dataPlanes', sample(dataPlanes));
  if (requests) judge.take('requests', sample(requests));
  return judge.pass(1_000);
}

const seconds = (count: number, judge: Judge, ...says: [Sample['kind'], Sample['kind']?]) =>
  Array.from({ length: count }, () => second(judge, ...says)).at(-1);

describe('a trial', () => {
  it('passes after a whole bake of passing gates', () => {
    const judge = open();

    expect(second(judge, 'pass')).toBeUndefined();
    expect(judge.phase()).toBe('baking');
    expect(seconds(19, judge, 'pass', 'pass')).toBeUndefined();
    expect(judge.leftMs()).toBe(1_000);
    expect(second(judge, 'pass', 'pass')).toMatchObject({ kind: 'pass' });
  });

  it('does not begin its bake before the data planes run the written configuration', () => {
    const judge = open();

    expect(seconds(60, judge, 'pending')).toBeUndefined();
    expect(judge.phase()).toBe('settling');
    expect(second(judge, 'fail')).toEqual({ kind: 'fail', gate: 'dataPlanes', reason: 'dataPlanes: it is fail' });
  });

  it('is inconclusive when new data planes come endlessly', () => {
    const judge = open();

    expect(seconds(110, judge, 'pending')).toBeUndefined();
    expect(second(judge, 'pending')).toMatchObject({ kind: 'inconclusive', gate: 'dataPlanes' });
  });

  it('fails at once when a gate fails, at any time', () => {
    const judge = open();
    second(judge, 'pass');
    seconds(19, judge, 'pass', 'pass');

    expect(second(judge, 'pass', 'fail')).toEqual({ kind: 'fail', gate: 'requests', reason: 'requests: it is fail' });
  });

  it('extends its bake by the time in which a gate is inconclusive', () => {
    const judge = open();
    second(judge, 'pass');
    seconds(10, judge, 'pass', 'pass');

    seconds(5, judge, 'pass', 'inconclusive');

    expect(seconds(9, judge, 'pass', 'pass')).toBeUndefined();
    expect(second(judge, 'pass', 'pass')).toMatchObject({ kind: 'pass' });
  });

  it('fm-71 is inconclusive once this time exceeds the settle time of data planes, in all', () => {
    const judge = open();
    second(judge, 'pass');
    seconds(6, judge, 'pass', 'inconclusive');
    seconds(5, judge, 'pass', 'pass');

    expect(seconds(4, judge, 'pass', 'inconclusive')).toBeUndefined();
    expect(second(judge, 'pass', 'inconclusive')).toEqual({
      kind: 'inconclusive',
      gate: 'requests',
      reason: 'requests: it is inconclusive',
    });
  });

  it('is inconclusive when a gate never answers, or stops answering', () => {
    const silent = open();
    second(silent, 'pass');
    const stopped = open();
    second(stopped, 'pass', 'pass');

    expect(seconds(11, silent, 'pass')).toMatchObject({ kind: 'inconclusive', gate: 'requests' });
    expect(seconds(80, stopped, 'pass')).toMatchObject({ kind: 'inconclusive', gate: 'requests' });
  });

  it('fm-71 never passes by a gate without an answer at the end of its bake', () => {
    const judge = open();
    second(judge, 'pass');

    expect(seconds(20, judge, 'pass', 'pending')).toBeUndefined();
    expect(seconds(11, judge, 'pass', 'pending')).toMatchObject({ kind: 'inconclusive', gate: 'requests' });
  });

  it('is inconclusive when the control plane cannot be read while data planes settle', () => {
    const judge = open();

    expect(seconds(10, judge, 'inconclusive')).toBeUndefined();
    expect(second(judge, 'inconclusive')).toMatchObject({ kind: 'inconclusive', gate: 'dataPlanes' });
  });

  it('does not count the time in which its process stood still', () => {
    const judge = open();
    second(judge, 'pass', 'pass');

    expect(judge.pass(3_600_000)).toBeUndefined();
    expect(judge.leftMs()).toBeGreaterThan(14_000);
  });
});
