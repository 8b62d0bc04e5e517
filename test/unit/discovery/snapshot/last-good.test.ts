import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AllowConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import type { Discovered, Endpoint } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import { createLastGoodStore, type LastGoodStore, readOnly } from '#discovery/snapshot/last-good';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createFakeClock } from '../../../support/passes';

const signal = new AbortController().signal;
const some: Discovered = { endpoints: [endpointOf()], quarantined: [] };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  path = join(folder, 'state', 'last-good.test.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

const open = (clock = createFakeClock()) => createLastGoodStore({ path, owner: 'test', clock });

type Over = { readonly store?: LastGoodStore; readonly nowMs?: number; readonly allow?: AllowConfig };

/** A new process, whose one scope answers with this. */
function processWith(answer: Discovered | Error, { store = open(), nowMs = 1_000, allow }: Over = {}) {
  const discover = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const source = { name: 'hub', allow, scopes: () => [{ scope: hubScope, discover }] };
  return createDiscoverer([source], { clock: createFakeClock(nowMs), lastGoodStore: store });
}

const throttled = new PrivatelinkError('slow down', { code: 'THROTTLED', fix: undefined });

describe('last good on disk', () => {
  it('fm-07 gives a new process the data of the process before, with their age, marked as restored', async () => {
    await processWith(some).discover(signal);

    const { takenAtMs, scopes, warnings } = await processWith(throttled, { nowMs: 61_000 }).discover(signal);

    expect(takenAtMs).toBe(61_000);
    expect(warnings).toEqual([]);
    expect(scopes).toMatchObject([
      { status: 'unknown', lastGood: { observedAtMs: 1_000, discovered: some, isRestored: true } },
    ]);
  });

  it.each<[string, Partial<Endpoint>, string]>([
    ['has an invalid address', { addresses: [{ ip: 'fe80::1%eth0', region: 'us-east-1' }] }, 'no IP address'],
    ['leads to metadata', { addresses: [{ ip: '169.254.169.254', region: 'us-east-1' }] }, 'metadata'],
    ['leads to the node itself', { addresses: [{ ip: '127.0.0.1', region: 'us-east-1' }] }, 'loopback'],
    ['has a host that no tag could have', { host: 'a\r\nb' }, 'host'],
    ['makes a claim that the source forbids now', { domain: 'sd9' }, 'allow.domains'],
  ])('fm-45 is used without the endpoint that %s', async (_, odd, reason) => {
    await processWith({ endpoints: [endpointOf({ id: 'vpce-bad', ...odd }), endpointOf()], quarantined: [] }).discover(
      signal,
    );

    const { scopes, warnings } = await processWith(throttled, { allow: { domains: ['sd2'] } }).restored();

    expect(warnings).toEqual([]);
    expect(scopes).toMatchObject([
      {
        status: 'unknown',
        lastGood: {
          discovered: {
            endpoints: [endpointOf()],
            quarantined: [{ endpointId: 'vpce-bad', reason: expect.stringContaining(reason) }],
          },
        },
      },
    ]);
  });

  it('fm-47 keeps no path for a forbidden domain whose endpoint has an invalid address', async () => {
    const bad = endpointOf({ domain: 'victim', addresses: [{ ip: 'nowhere', region: 'us-east-1' }] });
    await processWith({ endpoints: [bad], quarantined: [] }).discover(signal);

    const { scopes } = await processWith(throttled, { allow: { domains: ['peer-*'] } }).restored();

    expect(scopes).toMatchObject([
      { lastGood: { discovered: { endpoints: [], quarantined: [{ code: 'domain-not-allowed' }] } } },
    ]);
  });

  it('fm-44 is used with the addresses that the source grants', async () => {
    const loopback = endpointOf({ addresses: [{ ip: '127.20.1.11', region: 'us-east-1' }] });
    await processWith({ endpoints: [loopback], quarantined: [] }).discover(signal);

    const { scopes } = await processWith(throttled, { allow: { addresses: ['127.0.0.0/8'] } }).restored();

    expect(scopes).toMatchObject([{ lastGood: { discovered: { endpoints: [loopback], quarantined: [] } } }]);
  });

  it('outlives several processes that cannot read the scope', async () => {
    await processWith(some).discover(signal);
    await processWith(throttled, { nowMs: 900_000 }).discover(signal);

    const { scopes } = await processWith(throttled, { nowMs: 1_800_000 }).discover(signal);

    expect(scopes).toMatchObject([{ lastGood: { observedAtMs: 1_000, discovered: some, isRestored: true } }]);
  });

  it('is not marked as restored after the scope answered', async () => {
    await processWith(some).discover(signal);
    let calls = 0;
    const discover = async () => {
      calls += 1;
      if (calls > 1) throw throttled;
      return some;
    };
    const source = { name: 'hub', scopes: () => [{ scope: hubScope, discover }] };
    const discoverer = createDiscoverer([source], { clock: createFakeClock(), lastGoodStore: open() });
    await discoverer.discover(signal);

    const [state] = (await discoverer.discover(signal)).scopes;

    expect(state).toEqual(expect.objectContaining({ lastGood: { observedAtMs: 1_000, discovered: some } }));
  });

  it('is empty, without a warning, while no file exists', async () => {
    const { scopes, warnings } = await processWith(throttled).discover(signal);

    expect(warnings).toEqual([]);
    expect(scopes).toMatchObject([{ status: 'unknown', lastGood: undefined }]);
  });

  it.each([
    ['tampered', (text: string) => text.replace('10.0.1.11', '10.9.9.9'), 'checksum'],
    ['re-indented', (text: string) => JSON.stringify(JSON.parse(text), null, 2), 'checksum'],
    ['truncated', (text: string) => text.slice(0, 100), 'cut short'],
  ])('fm-02 is empty with a %s file, with one warning, and the file is replaced', async (_, damage, problem) => {
    await processWith(some).discover(signal);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const discoverer = processWith(some);

    const first = await discoverer.discover(signal);
    const second = await discoverer.discover(signal);

    expect(first.warnings).toEqual([expect.stringContaining(problem)]);
    expect(first.warnings?.[0]).toContain(path);
    expect(first.warnings?.[0]).toContain('it is written again once its scopes answer');
    expect(second.warnings).toEqual([]);
    expect((await open().read()).known.get(hubScope.id)).toMatchObject({ discovered: some });
  });

  it('is readable by its user only, in a folder with equal rights, without a temporary file', async () => {
    await processWith(some).discover(signal);

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'state'))).toEqual(['last-good.test.json']);
  });

  it.each([
    ['nothing changed', endpointOf(), 60_000, false],
    ['an address changed', endpointOf({ addresses: [] }), 60_000, true],
    ['nothing changed for 5 minutes, so that its age stays right', endpointOf(), 300_000, true],
  ])('when %s, is written: %#', async (_, endpoint, afterMs, isWritten) => {
    const clock = createFakeClock();
    await open(clock).write(snapshotOf(knownScope([endpointOf()])));
    const before = readFileSync(path, 'utf8');
    const store = open(clock);
    await store.read();
    clock.advance(afterMs);

    await store.write({ ...snapshotOf(knownScope([endpoint])), takenAtMs: clock.now() });

    expect(readFileSync(path, 'utf8') !== before).toBe(isWritten);
  });

  it.each([-6, 6])('fm-41 is written every five minutes, even if the clock is set by %i h', async (hours) => {
    const clock = createFakeClock(1_800_000_000_000);
    const store = open(clock);
    const write = () => store.write({ ...snapshotOf(knownScope([endpointOf()])), takenAtMs: clock.now() });
    await write();
    clock.step(hours * 3_600_000);
    const before = readFileSync(path, 'utf8');
    clock.advance(299_999);
    await write();
    const early = readFileSync(path, 'utf8');
    clock.advance(1);
    await write();

    expect(early).toBe(before);
    expect(readFileSync(path, 'utf8')).not.toBe(before);
  });

  it("fm-41 is written at once if the file's time is in the future", async () => {
    const clock = createFakeClock(1_800_000_000_000);
    await open(clock).write({ ...snapshotOf(knownScope([endpointOf()])), takenAtMs: clock.now() });
    const before = readFileSync(path, 'utf8');
    clock.step(-6 * 3_600_000);
    const store = open(clock);
    await store.read();

    await store.write({ ...snapshotOf(knownScope([endpointOf()])), takenAtMs: clock.now() });

    expect(readFileSync(path, 'utf8')).not.toBe(before);
  });

  it('is not written for a new observation of a relay without a change', async () => {
    const relayed = (atMs: number) => endpointOf({ observed: { scopeId: 'hub.1.us-east-1', atMs } });
    const store = open();
    await store.write(snapshotOf(knownScope([relayed(1)])));
    const before = readFileSync(path, 'utf8');

    await store.write(snapshotOf(knownScope([relayed(2)])));

    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('causes a warning if it cannot be written, and the pass goes on', async () => {
    writeFileSync(join(folder, 'state'), 'in the way');

    const { scopes, warnings } = await processWith(some).discover(signal);

    expect(scopes).toMatchObject([{ status: 'known' }]);
    expect(warnings).toHaveLength(2);
    expect(warnings?.[1]).toContain('make stateDir writable');
  });

  it('is not written by a read-only command', async () => {
    await processWith(some, { store: readOnly(open()) }).discover(signal);

    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the last good of an unknown scope, and not the fact that the scope is unknown', async () => {
    await open().write(snapshotOf(unknownScope([endpointOf()])));

    const { known } = await open().read();

    expect(known.get(hubScope.id)).toEqual({ observedAtMs: 500, discovered: some, isRestored: true });
  });
});
