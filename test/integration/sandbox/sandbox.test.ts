import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Story } from '#sandbox/story';
import { formatEvent } from '#sync/cli/commands/sandbox';
import { runCli } from '../../support/cli';
import { progressOfT0, startSandbox } from '../../support/sandbox';

/** One run for all of this; `npm run stories` has the other estates, the faults, and what people see. */
describe('npm start', () => {
  let ran: Awaited<ReturnType<typeof startSandbox>>;

  beforeAll(async () => {
    ran = await startSandbox('--json');
  });

  it('routes SD1 -> SD2 -> egress -> on-premises, follows a recreated endpoint and never uses a rejected one', () => {
    const { out, err, exitCode, listening } = ran;
    const story: Story = JSON.parse(out);

    expect(exitCode).toBe(0);
    expect(err).toBe(progressOfT0);
    expect(story.ok).toBe(true);
    expect(story.nonce).toMatch(/^[0-9a-f-]{36}$/);
    expect(story.hops.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'sd1 gateway',
      'gateway sd2',
      'sd2 gateway',
      'gateway egress',
      'egress on-premises',
    ]);
    expect(story.hops.find(({ to }) => to === 'sd2')).toMatchObject({
      zoneId: 'use1-az1',
      reason: 'plugin, same zone as the data plane',
    });
    const [first, recreated, rejected] = story.events;
    const sd2Address = (event: typeof first) => event?.trip.hops.find(({ to }) => to === 'sd2')?.address;
    expect(sd2Address(recreated)).not.toBe(sd2Address(first));
    expect(recreated?.changed.map((change) => change.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      ...Array(3).fill('create target'),
      ...Array(3).fill('delete target'),
    ]);
    expect(rejected?.discovered.join()).toContain('rejected');
    expect(rejected?.changed).toEqual([]);
    expect(new Set(story.events.map(({ trip }) => trip.nonce)).size).toBe(3);
    if (process.platform === 'linux') expect(listening.length).toBeGreaterThan(0);
    expect(listening.filter((address) => !address.startsWith('127.'))).toEqual([]);
  });

  it('tells each event so that a person can read it', () => {
    const { events }: Story = JSON.parse(ran.out);
    const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };

    const [first, ...others] = events.map((event) => formatEvent(event, terminal));

    expect(first).toContain('gateway -> sd2');
    expect(first).toContain('same zone as the data plane');
    for (const text of [first, ...others])
      expect(text).toMatch(/ok the nonce [0-9a-f-]{36} came back from the end of the chain\n/);
  });
});

it('names the estates that there are when asked for another', async () => {
  const { exitCode, err } = await runCli(['sandbox', '--once', '--estate', 'T9']);

  expect(exitCode).toBe(1);
  expect(err).toContain('there is no estate T9; name one of T0, T1, T2, T3, T4');
});
