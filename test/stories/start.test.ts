import { expect, it } from '@jest/globals';
import type { Story } from '#sandbox/story';
import { misfitsOf } from '../support/cli';
import { progressOfT0, startSandbox } from '../support/sandbox';

it('npm start routes SD1 -> SD2 -> egress -> on-premises, and never uses a rejected endpoint', async () => {
  const { out, err, exitCode, listening } = await startSandbox('--json');
  const story: Story = JSON.parse(out);

  expect(exitCode).toBe(0);
  expect(err).toBe(progressOfT0);
  expect(misfitsOf(['sandbox'], out)).toEqual([]);
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
  const [first, recreated, broken, rejected] = story.events;
  const sd2Address = (event: typeof first) => event?.trip.hops.find(({ to }) => to === 'sd2')?.address;
  expect(sd2Address(recreated)).not.toBe(sd2Address(first));
  expect(recreated?.changed.map((change) => change.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
    ...Array(3).fill('create target'),
    ...Array(3).fill('delete target'),
  ]);
  expect(broken?.changed).toEqual([]);
  expect([...(broken?.contracts ?? [])].sort()).toEqual([
    expect.stringMatching(/^nobody in the contract \(555555555555\) vpce-\w+ pendingAcceptance: may call nothing$/),
    expect.stringMatching(/^sd1 \(111111111111\) vpce-\w+ available: may call sd2$/),
    expect.stringMatching(/^sd2 \(333333333333\) vpce-\w+ available: may call egress$/),
  ]);
  expect(broken?.trip.hops.slice(5).map(({ from, to, reason }) => [from, to, reason])).toEqual([
    ['sd1', 'gateway', "SD1's own endpoint to the gateway"],
    ['gateway', 'egress', 'answered with 403: this VPC endpoint may not call this service'],
    ['555555555555', 'gateway', 'closed: its connection is pendingAcceptance'],
  ]);
  expect(rejected?.discovered.join()).toContain('rejected');
  expect(rejected?.changed).toEqual([]);
  expect(new Set(story.events.map(({ trip }) => trip.nonce)).size).toBe(4);
  if (process.platform === 'linux') expect(listening.length).toBeGreaterThan(0);
  expect(listening.filter((address) => !address.startsWith('127.'))).toEqual([]);
});
