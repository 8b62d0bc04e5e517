import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '#core/json';
import { createAbsenceStore } from '#sync/pass/absences/store';
import type { Absences } from '#sync/plan/removals/absences';
import { createFakeClock } from '../../../../support/passes';

const hourMs = 3_600_000;
const startMs = 1_800_000_000_000;
const prod = { type: 'konnect', address: 'https://us.api.konghq.com', name: 'prod' };
const staging = { ...prod, name: 'staging' };
const some: Absences = {
  'sd2.privatelink|10.0.1.11:80': { count: 2, forMs: 60_000, waitedMs: 0, observedAtMs: startMs },
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function open(clock = createFakeClock(startMs), controlPlane = prod, owner = 'test', stage?: string) {
  return createAbsenceStore({ stateDir: folder, owner, controlPlane, stage }, clock);
}

/** Absences in the form of the version before, at `atMs`. */
function writeOlder(sinceMs: number, atMs: number, count = 2): string {
  const path = join(folder, 'absences.test.json');
  const absences = { 'sd2.privatelink|10.0.1.11:80': { count, sinceMs } };
  writeFileSync(path, JSON.stringify({ version: 1, checksum: digestOf(JSON.stringify(absences)), absences }));
  utimesSync(path, atMs / 1_000, atMs / 1_000);
  return path;
}

describe('an absence store', () => {
  it('returns the written absences, and their age', async () => {
    const clock = createFakeClock(startMs);
    await open(clock).write(some);
    clock.advance(42_000);

    expect(await open(clock).read()).toEqual({ absences: some, elapsedMs: 42_000, warnings: [] });
  });

  it('is empty, without a warning, while no file exists', async () => {
    expect(await open().read()).toEqual({ absences: {}, elapsedMs: 0, warnings: [] });
  });

  it.each([
    ['no JSON', () => 'x'],
    ['cut short', (text: string) => text.slice(0, 60)],
    ['of another version', (text: string) => text.replace('"version":3', '"version":9')],
    ['another kind of file', () => '{"version":3}'],
    ['edited', (text: string) => text.replace('"count":2', '"count":9')],
    ['an edited file of version 2', () => '{"version":2,"checksum":"x","content":{}}'],
  ])('is empty with a file that is %s, and the warning names the fix', async (_, change) => {
    await open().write(some);
    const [name = ''] = readdirSync(folder);
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));

    expect(await open().read()).toEqual({
      absences: {},
      elapsedMs: 0,
      warnings: [expect.stringMatching(/^absences cannot be used \(.*; sync writes it again\): counting starts again/)],
    });
    expect((await open().read()).warnings?.[0]).toContain(path);
  });

  it('is readable by its user only', async () => {
    await open().write(some);

    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o600]);
  });

  it('is written again without absences only to show that the folder is in use', async () => {
    const clock = createFakeClock(startMs);
    const store = open(clock);
    await store.write({});
    const [name = ''] = readdirSync(folder);
    const isWritten = async () => {
      rmSync(join(folder, name), { force: true });
      await store.write({});
      return existsSync(join(folder, name));
    };

    clock.advance(299_999);
    const early = await isWritten();
    clock.advance(1);

    expect([early, await isWritten()]).toEqual([false, true]);
  });
});

describe('a clock that is set', () => {
  it.each([-12, -6, 6, 12])('fm-41 adds nothing to the elapsed time within a process (%i h)', async (hours) => {
    const clock = createFakeClock(startMs);
    const store = open(clock);
    await store.write(some);
    clock.advance(60_000);
    clock.step(hours * hourMs);

    expect(await store.read()).toMatchObject({ elapsedMs: 60_000, warnings: [] });
  });

  it.each([-6, 6])(
    'fm-41 moves the observation time with it, so that the observation counts once (%i h)',
    async (hours) => {
      const clock = createFakeClock(startMs);
      const store = open(clock);
      await store.write(some);
      clock.step(hours * hourMs);

      const { absences } = await store.read();
      const [{ observedAtMs = 0 } = { observedAtMs: 0 }] = Object.values(absences);

      expect(observedAtMs - (startMs + hours * hourMs)).toBeGreaterThanOrEqual(0);
      expect(observedAtMs - (startMs + hours * hourMs)).toBeLessThan(100);
    },
  );

  it('fm-41 sets a future time of another process to now, and says so', async () => {
    const clock = createFakeClock(startMs);
    await open(clock).write(some);
    clock.step(-6 * hourMs);

    const { absences, elapsedMs, warnings } = await open(clock).read();
    const [absence] = Object.values(absences);

    expect(elapsedMs).toBe(0);
    expect(absence?.observedAtMs).toBeLessThan(startMs - 6 * hourMs + 100);
    expect(warnings).toEqual([expect.stringMatching(/21600 s in the future: .*check/)]);
  });

  it('fm-41 measures the time since another process by the wall clock', async () => {
    const clock = createFakeClock(startMs);
    await open(clock).write(some);
    clock.step(6 * hourMs);

    expect(await open(clock).read()).toMatchObject({ elapsedMs: 6 * hourMs, absences: some, warnings: [] });
  });
});

describe('a folder of several configurations', () => {
  it('fm-42 separates the absences of configurations with one owner and several control planes', async () => {
    await open(undefined, prod).write(some);
    await open(undefined, staging).write({});

    expect((await open(undefined, prod).read()).absences).toEqual(some);
    expect((await open(undefined, staging).read()).absences).toEqual({});
  });

  it('fm-42 names the control plane of another configuration that uses the folder', async () => {
    const clock = createFakeClock(startMs);
    await open(clock, staging).write({});
    clock.advance(5 * 60_000);
    const used = await open(clock, prod).read();
    clock.advance(2 * hourMs);
    const left = await open(clock, prod).read();

    expect(used.warnings).toEqual([
      expect.stringMatching(
        /another configuration of this owner.*staging at https:\/\/us\.api\.konghq\.com, 5 min ago/,
      ),
    ]);
    expect(left.warnings).toEqual([]);
  });

  it('fm-42 does not warn of the other stages of a configuration', async () => {
    await open(undefined, staging, 'test', 'canary').write({});

    expect((await open(undefined, prod, 'test', 'prod').read()).warnings).toEqual([]);
  });

  it.each(['other', 'test.x', 'tes'])(
    'does not warn of owner %s, because its files have other names',
    async (owner) => {
      await open(undefined, staging, owner).write({});

      expect((await open().read()).warnings).toEqual([]);
    },
  );
});

describe('a file of version 0e2421d', () => {
  const golden = join(__dirname, '../../../../fixtures/goldens/state-0e2421d');
  const wroteMs = 1_763_700_000_000;
  beforeEach(() => cpSync(golden, folder, { recursive: true }));

  it('is read, and replaced by the new form', async () => {
    const clock = createFakeClock(wroteMs + 10_000);
    const older = await open(clock).read();
    await open(clock).write(older.absences);

    expect(older).toEqual({
      absences: {
        'sd2.privatelink|10.0.1.12:80': { count: 2, forMs: 100_000, waitedMs: 10_000, observedAtMs: wroteMs - 10_000 },
      },
      elapsedMs: 10_000,
      warnings: [],
    });
    expect(readdirSync(folder).sort()).toEqual(readdirSync(golden).sort());
    expect(await open(clock).read()).toEqual({ ...older, elapsedMs: 0 });
  });

  it('fm-42 names the control plane of another configuration that uses the folder', async () => {
    const { warnings } = await open(createFakeClock(wroteMs), staging).read();

    expect(warnings).toEqual([expect.stringContaining('prod at https://us.api.konghq.com, 0 min ago')]);
  });
});

describe('a file of an earlier version', () => {
  it('fm-42 is migrated with its time, and then removed', async () => {
    const path = writeOlder(startMs - 70_000, startMs - 10_000);
    const store = open();

    const read = await store.read();
    const isThereBefore = existsSync(path);
    await store.write(read.absences);

    expect(read).toEqual({
      absences: { 'sd2.privatelink|10.0.1.11:80': { count: 2, forMs: 60_000, waitedMs: 0 } },
      elapsedMs: 10_000,
      warnings: [],
    });
    expect([isThereBefore, existsSync(path)]).toEqual([true, false]);
    expect((await open().read()).absences).toEqual(read.absences);
  });

  it('fm-42 stays for a read-only command', async () => {
    const path = writeOlder(startMs, startMs);

    await open().read();

    expect([existsSync(path), readdirSync(folder)]).toEqual([true, ['absences.test.json']]);
  });

  it('fm-42 replaces ours when it is there again, because that version was the last to run', async () => {
    await open().write(some);
    writeOlder(startMs, startMs, 7);
    const store = open();

    const { absences } = await store.read();
    await store.write(absences);

    expect(Object.values(absences)).toMatchObject([{ count: 7 }]);
    expect(Object.values((await open().read()).absences)).toMatchObject([{ count: 7 }]);
  });

  it('fm-41 has age 0 for an absence that begins after the file was written', async () => {
    writeOlder(startMs + hourMs, startMs);

    expect(Object.values((await open().read()).absences)).toMatchObject([{ forMs: 0 }]);
  });

  it('is replaced with a warning where it is unusable, and our own file is used', async () => {
    await open().write(some);
    const path = join(folder, 'absences.test.json');
    writeFileSync(path, '{');
    const store = open();

    const { absences, warnings } = await store.read();
    await store.write(absences);

    expect([absences, warnings]).toEqual([some, [expect.stringMatching(/cannot be used .*; sync removes it/)]]);
    expect(existsSync(path)).toBe(false);
  });
});
