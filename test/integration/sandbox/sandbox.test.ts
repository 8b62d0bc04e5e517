import { expect, it } from '@jest/globals';
import type { StoryEvent } from '#sandbox/story';
import { formatEvent } from '#sync/cli/commands/sandbox';
import { runCli } from '../../support/cli';

const event: StoryEvent = {
  what: 'the endpoint of sd2 is made anew',
  discovered: ['sd2 vpce-1 available'],
  findings: [],
  changed: ['create target 127.20.1.12:8080: discovered'],
  trip: {
    ok: true,
    nonce: '6d0e1a52-0000-4000-8000-000000000000',
    hops: [
      {
        from: 'gateway',
        to: 'sd2',
        address: '127.20.1.12:8080',
        zoneId: 'use1-az1',
        reason: 'plugin, same zone as the data plane',
        latencyMs: 2,
      },
    ],
  },
};

it('an event of the story is printed as readable text', () => {
  const text = formatEvent(event, { env: {}, out: () => {}, err: () => {}, isTerminal: false });

  expect(text).toContain('gateway -> sd2');
  expect(text).toContain('same zone as the data plane');
  expect(text).toMatch(/ok the nonce [0-9a-f-]{36} came back from the end of the chain\n/);
});

it('an unknown estate is refused with the names of the estates', async () => {
  const { exitCode, err } = await runCli(['sandbox', '--once', '--estate', 'T9']);

  expect(exitCode).toBe(1);
  expect(err).toContain('there is no estate T9; name one of T0, T1, T2, T3, T4');
});
