import { describe, expect, it } from '@jest/globals';
import type { Clock } from '#core/timing/clock';
import type { FromDiscovery } from '#data-plane/discovery/messages';
import { type ProbeSettings, stricterOf } from '#data-plane/probes/probe-settings';
import { createProber } from '#data-plane/probes/prober';
import type { Choice } from '#data-plane/reach/resolve';

const settings: ProbeSettings = { kind: 'tcp', path: '/', intervalMs: 1_000, timeoutMs: 500, fall: 2, rise: 2 };

function choiceOf(ip: string, over: Partial<Choice> = {}): Choice {
  const place = { ip, port: 80, host: 'sd2.privatelink', region: 'us-east-1' };
  return { ...place, weight: 100, endpointId: 'vpce-1', scopeId: 'hub.self.us-east-1', ...over };
}

/**
 * A prober with its own clock. Live targets answer at once; targets in `dead` cost the whole
 * time-out.
 */
function openProber(random = 0.5) {
  const dead = new Set<string>();
  const unasked = new Set<string>();
  const probes: string[] = [];
  const posted: (readonly [atMs: number, place: string, isDown: boolean])[] = [];
  let nowMs = 0;
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const end = () => reject(signal.reason);
        signal.addEventListener('abort', end, { once: true });
        const wake = () => {
          signal.removeEventListener('abort', end);
          resolve();
        };
        sleepers.push({ atMs: nowMs + ms, wake });
      }),
  };
  const post = (message: FromDiscovery) => {
    if (message.kind === 'health') posted.push([nowMs, `${message.domain} ${message.place}`, message.isDown]);
  };
  const probe = async ({ ip }: Choice, { timeoutMs }: ProbeSettings, signal: AbortSignal) => {
    probes.push(ip);
    if (unasked.has(ip)) return undefined;
    if (!dead.has(ip)) return true;
    await clock.sleep(timeoutMs, signal).catch(() => {});
    return false;
  };
  const prober = createProber({ probe, clock, random: () => random, post });
  const settle = () => new Promise(setImmediate);
  const runUntil = async (untilMs: number) => {
    await settle();
    for (;;) {
      const next = sleepers.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
      if (next > untilMs) break;
      nowMs = next;
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
      for (const { wake } of due) wake();
      await settle();
    }
    nowMs = untilMs;
  };
  return { prober, dead, unasked, probes, posted, runUntil };
}

describe('createProber', () => {
  it.each([
    ['no jitter', 0],
    ['some jitter', 0.5],
    ['the longest jitter', 0.999_999],
  ])('fm-22 ejects a dead target within interval x fall, whenever it dies, with %s', async (_, random) => {
    for (const diedAtMs of [3_000, 3_250, 3_499, 3_500, 3_750, 4_000, 4_499]) {
      const { prober, dead, posted, runUntil } = openProber(random);
      prober.use('sd2', settings);
      prober.watch('sd2', [choiceOf('10.0.1.1'), choiceOf('10.0.2.2')]);
      await runUntil(diedAtMs);

      dead.add('10.0.1.1');
      await runUntil(diedAtMs + settings.intervalMs * settings.fall);

      expect(posted).toEqual([[expect.any(Number), 'sd2 10.0.1.1 80', true]]);
    }
  });

  it('ejects in less than a second when configured so', async () => {
    const { prober, dead, posted, runUntil } = openProber();
    dead.add('10.0.1.1');

    prober.use('sd2', { ...settings, intervalMs: 200, timeoutMs: 100 });
    prober.watch('sd2', [choiceOf('10.0.1.1')]);
    await runUntil(400);

    expect(posted).toHaveLength(1);
  });

  it('restores a target after as many successes in a row as rise says', async () => {
    const { prober, dead, posted, runUntil } = openProber();
    prober.use('sd2', settings);
    prober.watch('sd2', [choiceOf('10.0.1.1')]);
    dead.add('10.0.1.1');
    await runUntil(3_000);

    dead.clear();
    await runUntil(3_800);
    const early = posted.length;
    await runUntil(5_000);

    expect(early).toBe(1);
    expect(posted.map(([, , isDown]) => isDown)).toEqual([true, false]);
  });

  it('leaves a target unchanged while this machine cannot probe it, up or down', async () => {
    const { prober, dead, unasked, posted, runUntil } = openProber();
    prober.use('sd2', settings);
    prober.watch('sd2', [choiceOf('10.0.1.1'), choiceOf('10.0.1.2')]);
    dead.add('10.0.1.2');
    await runUntil(3_000);

    for (const ip of ['10.0.1.1', '10.0.1.2']) unasked.add(ip);
    await runUntil(20_000);

    expect(posted.map(([, place, isDown]) => [place, isDown])).toEqual([['sd2 10.0.1.2 80', true]]);
  });

  it('forgives failures that are not consecutive', async () => {
    const { prober, dead, probes, posted, runUntil } = openProber();
    prober.use('sd2', settings);
    prober.watch('sd2', [choiceOf('10.0.1.1')]);

    for (let round = 1; round <= 10; round += 1) {
      if (round % 2 === 0) dead.add('10.0.1.1');
      else dead.clear();
      while (probes.length < round) await runUntil(round * 712);
    }

    expect(posted).toEqual([]);
  });

  it('probes each target of a domain separately, and once if the route is posted again', async () => {
    const { prober, probes, runUntil } = openProber();
    prober.use('sd2', settings);

    for (let told = 0; told < 3; told += 1) prober.watch('sd2', [choiceOf('10.0.1.1'), choiceOf('10.0.2.2')]);
    await runUntil(700);

    expect(probes).toEqual(['10.0.1.1', '10.0.2.2']);
  });

  it.each<[string, (open: ReturnType<typeof openProber>) => void]>([
    ['the target has left', ({ prober }) => prober.watch('sd2', [])],
    ['the domain is released', ({ prober }) => prober.release('sd2')],
  ])('stops when %s, and withdraws its result', async (_, stop) => {
    const open = openProber();
    open.prober.use('sd2', settings);
    open.prober.watch('sd2', [choiceOf('10.0.1.1')]);
    open.dead.add('10.0.1.1');
    await open.runUntil(3_000);

    stop(open);
    const before = open.probes.length;
    await open.runUntil(9_000);

    expect(open.posted.map(([, , isDown]) => isDown)).toEqual([true, false]);
    expect(open.probes).toHaveLength(before);
  });

  it('uses the new name when the Host of a target changes', async () => {
    const { prober, probes, runUntil } = openProber();
    prober.use('sd2', settings);
    prober.watch('sd2', [choiceOf('10.0.1.1')]);

    prober.watch('sd2', [choiceOf('10.0.1.1', { host: 'other.example' })]);
    await runUntil(700);

    expect(probes).toHaveLength(1);
  });

  it.each<[string, (open: ReturnType<typeof openProber>) => void]>([
    ['probes become stricter', ({ prober }) => prober.use('sd2', { ...settings, intervalMs: 600, timeoutMs: 300 })],
    ['its Host changes', ({ prober }) => prober.watch('sd2', [choiceOf('10.0.1.1', { host: 'other.example' })])],
  ])('keeps a target out when %s, until it answers as often as rise says', async (_, change) => {
    const open = openProber();
    open.prober.use('sd2', settings);
    open.prober.watch('sd2', [choiceOf('10.0.1.1')]);
    open.dead.add('10.0.1.1');
    await open.runUntil(3_000);

    change(open);
    await open.runUntil(9_000);
    const whileDead = open.posted.map(([, , isDown]) => isDown);
    open.dead.clear();
    await open.runUntil(12_000);

    expect(whileDead).toEqual([true]);
    expect(open.posted.map(([, , isDown]) => isDown)).toEqual([true, false]);
  });

  it('probes nothing with kind none, and begins when an entity of the domain wants probes', async () => {
    const { prober, probes, runUntil } = openProber();
    prober.use('sd2', { ...settings, kind: 'none' });
    prober.watch('sd2', [choiceOf('10.0.1.1')]);
    await runUntil(9_000);
    const before = probes.length;

    prober.use('sd2', settings);
    await runUntil(9_700);

    expect([before, probes.length]).toEqual([0, 1]);
  });
});

describe('stricterOf', () => {
  const none: ProbeSettings = { ...settings, kind: 'none' };
  const quick: ProbeSettings = { ...settings, intervalMs: 100 };

  it.each([
    ['any kind over none', none, settings, settings],
    ['the other kind over none', settings, none, settings],
    ['the shorter interval', settings, quick, quick],
    ['the present kind when the intervals are equal', settings, { ...settings, kind: 'http' as const }, settings],
  ])('prefers %s', (_, present, other, expected) => {
    expect(stricterOf(present, other)).toBe(expected);
  });
});
