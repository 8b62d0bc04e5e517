import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { type WriterOptions, type Writing, withWriter } from '#sync/rollout/writer/writer';
import { createRushingClock, createSleepingClock } from '../../../../support/rollout/clocks';
import { until } from '../../../../support/until';

const dayMs = 86_400_000;
const controlPlane = { type: 'konnect', address: 'https://us.api.konghq.com', name: 'prod' };

let folder: string;
let stateDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  stateDir = join(folder, 'state');
});

afterEach(() => rmSync(folder, { recursive: true }));

type Work<T> = (writing: Writing) => Promise<T>;

function write<T>(work: Work<T>, { clock = createSleepingClock(), ...over }: Partial<WriterOptions> = {}): Promise<T> {
  const options = { clock, signal: new AbortController().signal, ...over };
  return withWriter({ stateDir, owner: 'test', controlPlane }, options, work);
}

/** A writer that works until the test ends it. */
function startWriter({ clock = createSleepingClock(), signal }: { clock?: Clock; signal?: AbortSignal } = {}) {
  let end = () => {};
  const ending = new Promise<void>((resolve) => {
    end = resolve;
  });
  let writing: Writing | undefined;
  const ended = write(
    async (given) => {
      writing = given;
      await ending;
      return 'ended';
    },
    { clock, ...(signal && { signal }) },
  );
  const begun = async () => {
    await until('the writer works', () => writing !== undefined);
    return writing as Writing;
  };
  return { begun, end: () => end(), ended };
}

/** The path of the file, as one writer leaves it. */
async function findPath(): Promise<string> {
  const name = await write(async () => readdirSync(stateDir)[0] ?? '');
  return join(stateDir, name);
}

const fieldsOf = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** The file of a process of this machine that has just started. */
async function ownFields(): Promise<Record<string, unknown>> {
  return write(async () => fieldsOf(join(stateDir, readdirSync(stateDir)[0] ?? '')));
}

/** The wait of a new process, by its own clock. */
async function waited(onPoll?: Parameters<typeof createRushingClock>[0]): Promise<number> {
  const clock = createRushingClock(onPoll);
  return write(async () => clock.monotonicMs(), { clock });
}

/** Two polls. */
const slackMs = 500;

function expectStale(waitedMs: number) {
  expect(waitedMs).toBeGreaterThanOrEqual(30_000);
  expect(waitedMs).toBeLessThanOrEqual(30_000 + slackMs);
}

describe('the one writer', () => {
  it('identifies itself in a file for owner and control plane, and removes the file', async () => {
    const [name, fields, mode] = await write(async () => {
      const [name = ''] = readdirSync(stateDir);
      return [name, fieldsOf(join(stateDir, name)), statSync(join(stateDir, name)).mode & 0o777];
    });

    expect(name).toMatch(/^writer\.test\.[0-9a-f]{12}$/);
    expect(fields).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      pid: process.pid,
      host: expect.any(String),
      startedAt: '2027-01-15T08:00:00.000Z',
      renewals: 0,
    });
    expect(mode).toBe(0o600);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it.each([
    ['owner', { owner: 'other', controlPlane }],
    ['control plane', { owner: 'test', controlPlane: { ...controlPlane, name: 'staging' } }],
  ])('waits for no writer of another %s', async (_, other) => {
    const options = { clock: createSleepingClock(), signal: new AbortController().signal };

    const given = write(() => withWriter({ stateDir, ...other }, options, async () => 'both'));

    await expect(given).resolves.toBe('both');
  });

  it('lets the next writer begin when it has ended, and not before', async () => {
    const first = startWriter();
    await first.begun();
    const said: string[] = [];
    let polls = 0;
    // The clock stands still, so this process does not take over either.
    const sleep = async () => {
      polls += 1;
      await turn();
    };
    const clock = { ...createSleepingClock(), sleep };
    const during = <T>(what: string, work: () => Promise<T>) => {
      said.push(what);
      return work();
    };
    let isSecond = false;
    const work = async () => {
      isSecond = true;
    };
    const second = write(work, { clock, during });
    await until('the second one has waited', () => polls > 20);

    const wasSecond = isSecond;
    first.end();
    await Promise.all([first.ended, second]);

    expect([wasSecond, isSecond]).toEqual([false, true]);
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(`^waiting for process ${process.pid} on host .* \\(since 2027-01-15.*\\), which writes`),
      ),
    ]);
  });

  it.each([
    ['throws', undefined],
    ['is stopped', new Error('stopped')],
  ])('removes its file when the work %s', async (_, reason) => {
    const stopping = new AbortController();
    const given = write(
      async ({ signal }) => {
        if (reason) stopping.abort(reason);
        signal.throwIfAborted();
        throw new Error('no');
      },
      { signal: stopping.signal },
    );

    await expect(given).rejects.toThrow(reason ? 'stopped' : 'no');
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('renews its file while aborted work ends', async () => {
    const path = await findPath();
    const stopping = new AbortController();
    const clock = createSleepingClock();
    const writer = startWriter({ clock, signal: stopping.signal });
    await writer.begun();
    stopping.abort(new Error('stopped'));

    await until('it sleeps', clock.isAsleep);
    clock.wake();
    await until('it is renewed', () => fieldsOf(path).renewals === 1);
    writer.end();

    await expect(writer.ended).resolves.toBe('ended');
  });

  it('begins nothing when it is already aborted', async () => {
    const given = write(async () => 'begun', { signal: AbortSignal.abort(new Error('stopped')) });

    await expect(given).rejects.toThrow('stopped');
    expect(existsSync(stateDir)).toBe(false);
  });

  it('ends its wait at once when it is aborted, and keeps the file of the other writer', async () => {
    const first = startWriter();
    await first.begun();
    const stopping = new AbortController();
    const clock = createSleepingClock();
    const second = write(async () => 'begun', { clock, signal: stopping.signal });
    await until('it waits', clock.isAsleep);

    stopping.abort(new Error('stopped'));

    await expect(second).rejects.toThrow('stopped');
    expect(readdirSync(stateDir)).toHaveLength(1);
    first.end();
    await first.ended;
  });
});

describe('a writer that ended without removing its file', () => {
  it.each([
    ['', 0, 0],
    [', although the wall clock is set a day ahead', dayMs, 0],
    [', although the wall clock is set back by a day', -dayMs, 0],
    [', although its file seems a day old', 0, -dayMs],
    [', although its file seems to be of tomorrow', 0, dayMs],
  ])('is taken over after 30 s without a change%s', async (_, stepMs, fileMs) => {
    const path = await findPath();
    writeFileSync(path, JSON.stringify({ ...(await ownFields()), host: 'elsewhere' }));
    const fileTime = (Date.now() + fileMs) / 1_000;
    utimesSync(path, fileTime, fileTime);

    const waitedMs = await waited((atMs, { step }) => atMs === 10_000 && step(stepMs));

    expectStale(waitedMs);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('is not taken over by a process that stood still itself meanwhile', async () => {
    const path = await findPath();
    writeFileSync(path, JSON.stringify({ ...(await ownFields()), host: 'elsewhere' }));

    const waitedMs = await waited((atMs, { advance }) => atMs === 10_000 && advance(dayMs / 480));

    expectStale(waitedMs - dayMs / 480 + 1_000);
  });

  it('is taken over only after another 30 s without a change', async () => {
    const path = await findPath();
    const fields = { ...(await ownFields()), host: 'elsewhere' };
    writeFileSync(path, JSON.stringify(fields));
    const renew = () => writeFileSync(path, JSON.stringify({ ...fields, renewals: 1 }));

    expectStale((await waited((atMs) => atMs === 25_000 && renew())) - 25_000);
  });

  it.each([
    ['a process that has ended', 'at once', {}],
    ['this process, before', 'at once', { pid: process.pid }],
    ['a process that runs', 'after 30 s', { pid: process.ppid }],
    ['no process, but a group of them', 'after 30 s', { pid: -999_999_999 }],
    ['of another host', 'after 30 s', { host: 'elsewhere' }],
    ['of another start of the machine', 'after 30 s', { bootId: 'x' }],
    ['of another namespace', 'after 30 s', { pidNamespace: 'pid:[1]' }],
    ['of no namespace', 'after 30 s', { pidNamespace: undefined }],
  ])('that was %s, is taken over %s', async (_, when, of) => {
    const path = await findPath();
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(path, JSON.stringify({ ...(await ownFields()), id: 'x', pid, ...of }));

    const waitedMs = await waited();

    if (when === 'at once') expect(waitedMs).toBe(0);
    else expectStale(waitedMs);
  });

  it.each<[string, (path: string) => void]>([
    ['is empty', (path) => writeFileSync(path, '')],
    ['is not JSON', (path) => writeFileSync(path, Buffer.from([0xff, 0, 0x80]))],
    ['is JSON of another kind', (path) => writeFileSync(path, '[]')],
    ['is endless', (path) => writeFileSync(path, Buffer.alloc(10_000_000))],
    ['is a symlink to a file', (path) => symlinkSync(join(folder, 'precious'), path)],
    ['is a symlink to nothing', (path) => symlinkSync(join(folder, 'nothing'), path)],
    ['is a pipe', (path) => void spawnSync('mkfifo', [path])],
  ])('is taken over after 30 s where its file %s', async (_, make) => {
    const path = await findPath();
    writeFileSync(join(folder, 'precious'), 'as it was');
    make(path);

    const waitedMs = await waited();

    expectStale(waitedMs);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('as it was');
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });
});

describe('a writer that renews its file', () => {
  it('is never taken over: after ten minutes the other gives up, and names it', async () => {
    const path = await findPath();
    const clock = createSleepingClock();
    const first = startWriter({ clock });
    const { stillWriter } = await first.begun();
    let renewed = 0;
    const renew = async () => {
      await until('it sleeps', clock.isAsleep);
      clock.wake();
      renewed += 1;
      await until('it is renewed', () => fieldsOf(path).renewals === renewed);
    };

    const second = waited((atMs) => (atMs % 25_000 === 0 ? renew() : undefined));

    await expect(second).rejects.toMatchObject({
      code: 'OTHER_WRITER',
      transient: true,
      reason: expect.stringMatching(
        new RegExp(
          `^process ${process.pid} on host .* \\(since .*\\) writes to prod at .* has not ended after 10 minutes$`,
        ),
      ),
      fix: expect.stringContaining(stateDir),
    });
    expect(renewed).toBe(24);
    expect(stillWriter).not.toThrow();
    first.end();
    await first.ended;
  });
});

describe('a writer that stood still while another took over', () => {
  async function stopped() {
    const clock = createSleepingClock();
    const former = startWriter({ clock });
    const formerly = await former.begun();
    await until('it sleeps', clock.isAsleep);
    const latter = startWriter({ clock: createRushingClock() });
    return { clock, former, formerly, latter, now: await latter.begun() };
  }

  it('finds out before its next write, and at its renewal, and keeps the file of the other', async () => {
    const { clock, former, formerly, latter, now } = await stopped();

    expect(formerly.stillWriter).toThrow(
      expect.objectContaining({
        code: 'OTHER_WRITER',
        transient: true,
        reason: expect.stringMatching(/^another process now writes to prod at https:\/\/us\.api\.konghq\.com /),
        fix: expect.stringContaining('this pass writes nothing more'),
      }),
    );
    expect(formerly.signal.aborted).toBe(false);
    clock.wake();
    await until('its signal aborts', () => formerly.signal.aborted);
    expect(formerly.signal.reason).toMatchObject({ code: 'OTHER_WRITER' });
    former.end();
    await former.ended;
    expect(now.stillWriter).not.toThrow();
    latter.end();
    await latter.ended;
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('checks once for all writes in one turn of the event loop, and again in the next turn', async () => {
    const path = await findPath();
    const writer = startWriter();
    const { stillWriter } = await writer.begun();
    stillWriter();
    rmSync(path);

    expect(stillWriter).not.toThrow();
    await turn();
    expect(stillWriter).toThrow(expect.objectContaining({ code: 'OTHER_WRITER' }));
    expect(stillWriter).toThrow(expect.objectContaining({ code: 'OTHER_WRITER' }));
    writer.end();
    await writer.ended;
  });

  it('finds out even if its file is gone', async () => {
    const path = await findPath();
    const writer = startWriter();
    const { stillWriter } = await writer.begun();
    rmSync(path);

    expect(stillWriter).toThrow(expect.objectContaining({ code: 'OTHER_WRITER' }));
    writer.end();
    await writer.ended;
  });
});

describe('two processes that take over at once', () => {
  it('work one after the other', async () => {
    const path = await findPath();
    writeFileSync(path, 'damaged');
    let working = 0;
    const seen: number[] = [];
    const work = async ({ stillWriter }: Writing) => {
      working += 1;
      seen.push(working);
      await turn();
      stillWriter();
      working -= 1;
    };

    await Promise.all([1, 2, 3].map(() => write(work, { clock: createRushingClock() })));

    expect(seen).toEqual([1, 1, 1]);
  });

  it('take over from a process that died during its own takeover', async () => {
    const path = await findPath();
    const claim = `${path}.${digestOf('damaged').slice(0, 12)}`;
    writeFileSync(path, 'damaged');
    writeFileSync(claim, 'damaged too');

    const waitedMs = await waited();

    expectStale(waitedMs - 30_000);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('keep a file that one of them has created meanwhile', async () => {
    const path = await findPath();
    const claim = `${path}.${digestOf('damaged').slice(0, 12)}`;
    const fields = await ownFields();
    writeFileSync(path, 'damaged');
    writeFileSync(claim, 'of one that is about to');
    const first = { atMs: 40_000, text: JSON.stringify({ ...fields, host: 'elsewhere' }) };
    const onPoll = (atMs: number) => {
      if (atMs !== first.atMs) return;
      writeFileSync(path, first.text);
      rmSync(claim);
    };

    const waitedMs = await waited(onPoll);

    expectStale(waitedMs - first.atMs);
    expect(readdirSync(stateDir)).toEqual([]);
  });
});

describe('a stateDir without write access', () => {
  it.each([
    ['is a file', () => join(folder, 'file')],
    ['cannot be made', () => '/proc/kong-privatelink'],
  ])('blocks no work, and causes a warning, if it %s', async (_, pathOf) => {
    writeFileSync(join(folder, 'file'), '');
    stateDir = pathOf();

    const [warnings, ...more] = await write(async ({ warnings, stillWriter }) => [warnings, stillWriter()]);

    expect(warnings).toEqual([
      expect.stringMatching(
        /^nothing keeps a second process from writing at the same time: .*writer\.test\.[0-9a-f]{12} cannot be created \(.*\); make stateDir writable$/,
      ),
    ]);
    expect(more).toEqual([undefined]);
  });

  it('may have a folder at the path of the file, and the folder stays', async () => {
    const path = await findPath();
    mkdirSync(path);

    const warnings = await write(async ({ warnings }) => warnings);

    expect(warnings).toEqual([expect.stringMatching(/cannot be created \(.*EISDIR.*\); remove that folder$/)]);
    expect(statSync(path).isDirectory()).toBe(true);
  });
});
