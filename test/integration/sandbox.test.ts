import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Story } from '../../sandbox/story';
import { listeningAddresses } from '../support/listening';

const cli = resolve(__dirname, '../../dist/sync/cli.js');

/** Runs the built command with next to no environment; gives what it printed and where it listened meanwhile. */
async function runSandbox(...argv: readonly string[]) {
  const child = spawn(process.execPath, [cli, 'sandbox', '--once', ...argv], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = new Set<string>();
  const timer = setInterval(() => {
    if (process.platform === 'linux' && child.pid)
      for (const address of listeningAddresses(child.pid)) listening.add(address);
  }, 250);
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearInterval(timer);
  return { out, err, exitCode, listening: [...listening] };
}

describe('npm start', () => {
  let forMachines: Awaited<ReturnType<typeof runSandbox>>;
  let forPeople: Awaited<ReturnType<typeof runSandbox>>;

  beforeAll(async () => {
    [forMachines, forPeople] = await Promise.all([runSandbox('--json'), runSandbox()]);
  }, 60_000);

  it('routes SD1 -> SD2 -> egress -> on-premises, follows a recreated endpoint and never uses a rejected one', () => {
    const { out, err, exitCode, listening } = forMachines;
    const story: Story = JSON.parse(out);

    expect(exitCode).toBe(0);
    expect(err).toBe('');
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

  it('prints a trace that a person can read', () => {
    const { out, err, exitCode } = forPeople;

    expect(exitCode).toBe(0);
    expect(err).toBe('');
    expect(out).toContain('gateway -> sd2');
    expect(out).toContain('same zone as the data plane');
    expect(out).toContain('Every request went right.');
    expect(out).not.toContain('\u001b');
    expect(out + err).not.toMatch(/warning|at .*\.js:\d+/i);
  });
});
