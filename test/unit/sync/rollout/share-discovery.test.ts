import { beforeEach, describe, expect, it } from '@jest/globals';
import { type SharedDiscovery, shareDiscovery } from '#sync/rollout/share-discovery';
import { knownScope, snapshotOf } from '../../../support/builders';
import { createFakeClock, type FakeClock } from '../../../support/passes';

const { signal } = new AbortController();
const freshMs = 30_000;

let clock: FakeClock;
let rounds: number;
let asked: number;
let contractsRead: number;
let share: () => SharedDiscovery;

beforeEach(() => {
  clock = createFakeClock();
  rounds = 0;
  asked = 0;
  contractsRead = 0;
  const discovery = {
    discover: async () => snapshotOf(knownScope([])),
    confirmGone: async () => {
      asked += 1;
      return { goneIds: [], warnings: [] };
    },
    readContracts: async () => {
      contractsRead += 1;
      return { takenAtMs: 1_000, services: [] };
    },
  };
  const onRound = () => {
    rounds += 1;
  };
  share = shareDiscovery(discovery, { monotonicMs: clock.monotonicMs, signal, freshMs: () => freshMs, onRound });
});

const missing = new Map([['hub.self.us-east-1', ['vpce-1']]]) as never;

describe('the contracts of a round', () => {
  it('are read once for all stages of a round', async () => {
    const [first, second] = [share(), share()];
    await first.discover(signal);
    const one = await first.readContracts?.(signal);
    await second.discover(signal);
    const other = await second.readContracts?.(signal);

    expect(contractsRead).toBe(1);
    expect(other).toBe(one);
  });

  it('are read again in another round, and for a stage that asks twice in one round', async () => {
    const stage = share();
    await stage.discover(signal);
    await stage.readContracts?.(signal);
    stage.keepRound();
    await stage.discover(signal);
    await stage.readContracts?.(signal);
    await stage.discover(signal);
    await stage.readContracts?.(signal);

    expect([rounds, contractsRead]).toEqual([2, 3]);
  });

  it('do not exist without contracts in the configuration', () => {
    const sharing = { monotonicMs: clock.monotonicMs, signal, freshMs: () => freshMs };
    const discovery = { discover: async () => snapshotOf(), confirmGone: async () => ({ goneIds: [], warnings: [] }) };

    expect(shareDiscovery(discovery, sharing)().readContracts).toBeUndefined();
  });
});

describe('a round of discovery', () => {
  it('is shared by all stages that come soon', async () => {
    const [first, second] = [share(), share()];

    const snapshots = [await first.discover(signal), await second.discover(signal)];
    clock.advance(freshMs);
    snapshots.push(await share().discover(signal));

    expect(rounds).toBe(1);
    expect(new Set(snapshots).size).toBe(1);
  });

  it('is repeated for a stage that comes late, or twice', async () => {
    const [first, second] = [share(), share()];
    await first.discover(signal);
    clock.advance(freshMs + 1);
    await second.discover(signal);
    await second.discover(signal);

    expect(rounds).toBe(3);
    await first.discover(signal);
    expect(rounds).toBe(3);
  });

  it('is reused for a stage whose pass failed, while it is fresh', async () => {
    const stage = share();
    await stage.discover(signal);
    for (let seconds = 1; seconds <= 30; seconds += 1) {
      stage.keepRound();
      clock.advance(1_000);
      await stage.discover(signal);
    }
    const whileFresh = rounds;
    stage.keepRound();
    clock.advance(1);
    await stage.discover(signal);

    expect([whileFresh, rounds]).toEqual([1, 2]);
  });

  it('is kept for one call alone', async () => {
    const stage = share();
    await stage.discover(signal);
    stage.keepRound();
    await stage.discover(signal);
    await stage.discover(signal);

    expect(rounds).toBe(2);
  });

  it('looks up the missing ids of several stages once', async () => {
    const [first, second] = [share(), share()];
    await Promise.all([first.discover(signal), second.discover(signal)]);

    await Promise.all([first.confirmGone(missing, signal), second.confirmGone(missing, signal)]);

    expect(asked).toBe(1);
  });
});
