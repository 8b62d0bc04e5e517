import { createHmac } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createNotifier, type NotifierOptions, type RolloutEvent } from '#sync/rollout/notify/notifier';
import type { Posted, Posting } from '#sync/rollout/notify/post';
import { createHandClock } from '../../../../support/rollout/clocks';

const signal = new AbortController().signal;
const config = { url: 'https://hooks.test/rollouts?key=querysecret', secret: 'hook-secret' };
const revisions = { revision: 'aaaaaaaaaaaa', from: 'bbbbbbbbbbbb' };
const halt: RolloutEvent = { event: 'halt', stage: 'canary', ...revisions, gate: 'errors', reason: 'too many' };

type Answer = Posted | Error | 'hangs';

/** Answers with these in turn, the last one again and again. */
function open(answers: readonly Answer[], over: Partial<NotifierOptions> = {}) {
  const calls: Posting[] = [];
  const warnings: string[] = [];
  const clock = createHandClock();
  let answerable = [...answers];
  const notifier = createNotifier(config, {
    owner: 'team',
    clock,
    random: () => 1,
    onWarning: (warning) => warnings.push(warning),
    post: async (call, own) => {
      own.throwIfAborted();
      calls.push(call);
      const [answer] = answerable.length > 1 ? answerable.splice(0, 1) : answerable;
      if (answer === 'hangs')
        return new Promise((_, reject) => own.addEventListener('abort', () => reject(own.reason), { once: true }));
      if (answer instanceof Error) throw answer;
      return answer ?? { status: 200 };
    },
    ...over,
  });
  const answer = (next: readonly Answer[]) => {
    answerable = [...next];
  };
  return { notifier, calls, warnings, clock, answer };
}

/** Lets pending work run as far as it can while the clock stands still. */
async function settle(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

const bodyOf = ({ body }: Posting) => JSON.parse(body);
const headerOf = ({ headers }: Posting, name: string) => headers[`x-kong-privatelink-${name}`] ?? '';

describe('a webhook', () => {
  it('that is not configured gets nothing', async () => {
    const notifier = createNotifier(undefined, { owner: 'team', clock: createHandClock(), onWarning: () => undefined });

    notifier.notify(halt);

    await expect(notifier.drain(signal)).resolves.toBeUndefined();
  });

  it('gets who, what, when and why, in JSON', async () => {
    const { notifier, calls } = open([{ status: 204 }]);

    notifier.notify(halt);
    notifier.notify({ event: 'end', revision: 'aaaaaaaaaaaa' });
    await notifier.drain(signal);

    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({ url: config.url, headers: { 'content-type': 'application/json' } });
    expect(calls.map(bodyOf)).toEqual([
      {
        event: 'halt',
        owner: 'team',
        stage: 'canary',
        revision: 'aaaaaaaaaaaa',
        from: 'bbbbbbbbbbbb',
        gate: 'errors',
        reason: 'too many',
        at: '2027-01-15T08:00:00.000Z',
      },
      { event: 'end', owner: 'team', revision: 'aaaaaaaaaaaa', at: '2027-01-15T08:00:00.000Z' },
    ]);
  });

  it('can check by the signature the sender and the time', async () => {
    const { notifier, calls } = open([{ status: 500 }, { status: 200 }]);

    notifier.notify(halt);
    await settle();
    notifier.notify({ ...halt, event: 'end' });
    await settle();

    const [call] = calls;
    if (!call) throw new Error('nothing was told');
    const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headerOf(call, 'signature')) ?? [];
    expect(at).toBe('1800000000');
    expect(mac).toBe(createHmac('sha256', config.secret).update(`${at}.${call.body}`).digest('hex'));
  });

  it('gets no other event while it has not answered, and nothing waits for it', async () => {
    const { notifier, calls } = open(['hangs']);

    notifier.notify(halt);
    notifier.notify({ ...halt, event: 'rollback' });
    await settle();

    expect(calls.map((call) => bodyOf(call).event)).toEqual(['halt']);
  });

  it.each([408, 429, 500, 502, 503, 504])(
    'gets the event again after %d, under one id, with a new signature',
    async (status) => {
      const { notifier, calls, warnings, clock } = open([{ status }, { status: 200 }]);

      notifier.notify(halt);
      await settle();
      clock.advance(1_000);
      await notifier.drain(signal);

      const [first, second] = calls;
      if (!first || !second) throw new Error('it was not told again');
      expect(calls).toHaveLength(2);
      expect(second.body).toBe(first.body);
      expect(headerOf(first, 'delivery')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headerOf(second, 'delivery')).toBe(headerOf(first, 'delivery'));
      expect(headerOf(second, 'signature')).toMatch(/^t=1800000001,/);
      expect(warnings).toEqual([]);
    },
  );

  it.each([
    ['a permanent status', { status: 404 }, 'it answered 404; check that rollout.notify.url is right'],
    [
      'a redirect',
      { status: 307, location: 'https://evil.test/x?y=1' },
      'it redirects to https://evil.test/x; write the address',
    ],
    [
      'a certificate',
      Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'no answer: self-signed certificate; name its authority (a file in PEM) in NODE_EXTRA_CA_CERTS',
    ],
  ])('gets no second try after %s, and a warning says so', async (_, answer, said) => {
    const { notifier, calls, warnings } = open([answer]);

    notifier.notify(halt);
    await notifier.drain(signal);

    expect(calls).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(said)]);
    expect(warnings[0]).toMatch(
      /^the webhook https:\/\/hooks\.test\/rollouts was not told of halt \(stage canary, revision a{12}\): /,
    );
    expect(warnings[0]).not.toMatch(/secret|y=1/);
  });

  it('gets five tries at most, with growing pauses, and then the next event', async () => {
    const { notifier, calls, warnings, clock, answer } = open([new Error('connect ECONNREFUSED 10.0.0.1:443')]);
    const pauses: number[] = [];

    notifier.notify(halt);
    notifier.notify({ ...halt, event: 'end' });
    for (let tried = 1; tried < 5; tried += 1) {
      await settle();
      const [pauseMs = 0] = clock.sleeping();
      pauses.push(pauseMs);
      if (tried === 4) answer([new Error('connect ECONNREFUSED 10.0.0.1:443'), { status: 200 }]);
      clock.advance(pauseMs);
    }
    await notifier.drain(signal);

    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(calls.map((call) => bodyOf(call).event)).toEqual([...Array(5).fill('halt'), 'end']);
    expect(warnings).toEqual([
      expect.stringContaining(
        'no answer: connect ECONNREFUSED 10.0.0.1:443 (tried 5 times); check that rollout.notify.url is right and answers with 2xx',
      ),
    ]);
  });

  it.each([
    ['30', undefined, 30_000],
    ['3600', undefined, 60_000],
    ['0', undefined, 1_000],
    ['soon', undefined, 1_000],
    ['Fri, 15 Jan 2027 08:00:20 GMT', undefined, 20_000],
    // The webhook's own clock applies.
    ['Fri, 15 Jan 2026 08:00:20 GMT', 'Fri, 15 Jan 2026 08:00:00 GMT', 20_000],
  ])('that sends Retry-After %s gets the next try then, but within a minute', async (retryAfter, date, pauseMs) => {
    const { notifier, clock } = open([{ status: 429, retryAfter, date }]);

    notifier.notify(halt);
    await settle();

    expect(clock.sleeping()).toEqual([pauseMs]);
  });

  it('fm-74 that hangs delays the end of a process for 15 s, and one warning names the lost events', async () => {
    const { notifier, calls, warnings, clock, answer } = open(['hangs']);
    for (let count = 0; count < 7; count += 1) notifier.notify({ ...halt, event: count ? 'rollback' : 'halt' });
    let isOver = false;

    const draining = notifier.drain(signal).then(() => {
      isOver = true;
    });
    await settle();
    clock.advance(14_999);
    await settle();
    const wasOver = isOver;
    clock.advance(1);
    await draining;

    expect(wasOver).toBe(false);
    expect(calls).toHaveLength(1);
    expect(clock.sleeping()).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the webhook \S+ was not told of halt .*, rollback .* and 2 more: the process ended before/,
      ),
    ]);
    // A worker goes on.
    answer([{ status: 200 }]);
    notifier.notify(halt);
    await notifier.drain(signal);
    expect(calls).toHaveLength(2);
    expect(warnings).toHaveLength(1);
  });

  it('is given up at once when the signal aborts, even in a pause, and when it was aborted before', async () => {
    const stopping = new AbortController();
    const { notifier, warnings, clock } = open([{ status: 500 }]);
    notifier.notify(halt);
    await settle();

    const draining = notifier.drain(stopping.signal);
    stopping.abort();
    await draining;
    notifier.notify(halt);
    await notifier.drain(stopping.signal);

    expect(warnings).toHaveLength(2);
    expect(clock.sleeping()).toEqual([]);
  });

  it('without events drains at once', async () => {
    const { notifier, clock } = open([]);

    await notifier.drain(signal);

    expect(clock.sleeping()).toEqual([]);
  });

  it('has at most a hundred waiting events: the oldest is dropped, with a warning', async () => {
    const { notifier, calls, warnings, answer, clock } = open([{ status: 503 }]);
    notifier.notify({ ...halt, stage: 'first' });
    await settle();

    for (let count = 1; count <= 102; count += 1) notifier.notify({ ...halt, stage: `s${count}` });
    answer([{ status: 200 }]);
    clock.advance(1_000);
    await notifier.drain(signal);

    expect(warnings).toEqual(
      ['s1', 's2'].map((stage) =>
        expect.stringContaining(`was not told of halt (stage ${stage}, revision aaaaaaaaaaaa): 100 newer events wait`),
      ),
    );
    expect(calls.map((call) => bodyOf(call).stage)).toEqual([
      'first',
      'first',
      ...Array.from({ length: 100 }, (_, index) => `s${index + 3}`),
    ]);
  });

  it('gets no secret, no control characters, and no endless text', async () => {
    const { notifier, calls } = open([{ status: 200 }]);

    for (const reason of [
      'said "hook-secret", hook-secret',
      'a\u001b[31m\u0000\u202e\ud800b\nc',
      `${'x'.repeat(3_999)}hook-secret${'x'.repeat(10_000)}`,
    ])
      notifier.notify({ ...halt, reason });
    await notifier.drain(signal);

    const reasons = calls.map((call) => bodyOf(call).reason);
    expect(reasons[0]).toBe('said "***", ***');
    expect(reasons[1]).toBe('a\\u001b[31m\\u0000\\u202e\ud800b\\nc');
    expect(reasons[2]).toBe(`${'x'.repeat(3_999)}*…`);
    // Half a character is no UTF-8: JSON escapes it.
    expect(calls.every(({ body }) => Buffer.from(body).toString() === body)).toBe(true);
  });
});
