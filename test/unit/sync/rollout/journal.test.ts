import { mkdtempSync, promises, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isJournal, nothingRun, openJournal, type StageState } from '#sync/rollout/journal';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const open = (name = 'prod') => openJournal({ stateDir, owner: 'test', controlPlane: { type: 'konnect', name } });
const only = () => join(stateDir, readdirSync(stateDir)[0] ?? '');

const [first, second] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
const state: StageState = {
  runs: first,
  isWhole: false,
  settings: 'cccccccccccc',
  pin: { revision: first, left: second },
  created: { 'service:sd2': { id: 'an id', revision: second } },
  history: [{ atMs: 7, revision: first, how: 'rollback', by: { user: 'me' }, changes: '1 created: service sd2' }],
};

describe('a journal', () => {
  it('returns its records, even to another process', async () => {
    await open().write(state);

    expect(await open().read()).toEqual({ state: expect.objectContaining(state), warnings: [] });
    expect(statSync(only()).mode & 0o777).toBe(0o600);
  });

  it('belongs to one control plane', async () => {
    await open().write(state);

    expect(await open('other').read()).toEqual({ state: nothingRun, warnings: [] });
  });

  it('is read again only after it was replaced', async () => {
    const [journal, other] = [open(), open()];
    await journal.write(state);
    const before = (await journal.read()).state;
    const again = (await journal.read()).state;
    await other.write({ ...state, runs: second });

    expect(again).toBe(before);
    expect((await journal.read()).state.runs).toBe(second);
  });

  it('is not replaced while it is unreadable, and is written again once it is readable', async () => {
    await open().write(state);
    const journal = open();
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    // Root can read everything.
    const opening = jest.spyOn(promises, 'open').mockRejectedValueOnce(denied);
    const asking = jest.spyOn(promises, 'access').mockRejectedValueOnce(denied);

    const unread = await journal.read();
    await expect(journal.write({ ...state, runs: second })).rejects.toBe(denied);
    opening.mockRestore();
    asking.mockRestore();
    const { state: read } = await journal.read();
    await journal.write({ ...read, runs: second });

    expect(unread).toEqual({ state: nothingRun, warnings: [expect.stringContaining('EACCES')] });
    expect((await open().read()).state).toEqual(expect.objectContaining({ runs: second, pin: state.pin }));
  });

  it('remembers the last hundred runs', async () => {
    const history = Array.from({ length: 150 }, (_, atMs) => ({ ...state.history[0], atMs })) as StageState['history'];
    await open().write({ ...state, history });

    const { state: read } = await open().read();
    expect([read.history.length, read.history[0]?.atMs, read.history.at(-1)?.atMs]).toEqual([100, 50, 149]);
  });

  it.each<[string, (text: string) => string]>([
    ['was changed', (text) => text.replace('service:sd2', 'service:sd3')],
    ['was cut short', (text) => text.slice(0, 40)],
    ['is a file of another kind', () => '{}'],
    ['is empty', () => ''],
  ])('that %s is empty, with a warning, and is written again', async (_, spoil) => {
    await open().write(state);
    writeFileSync(only(), spoil(readFileSync(only(), 'utf8')));
    const journal = open();

    const { state: read, warnings } = await journal.read();
    await journal.write(state);

    expect(read).toBe(nothingRun);
    expect(warnings).toEqual([
      expect.stringMatching(/^the journal of this stage cannot be used .*: the earlier runs are unknown/),
    ]);
    expect((await journal.read()).warnings).toEqual([]);
  });
});

describe('isJournal', () => {
  it.each([
    ['stage.test.0123456789ab.json', true],
    ['stage.test.2.0123456789ab.json', false],
    ['stage.tes.0123456789ab.json', false],
    ['stage.test.0123456789ab.json.1', false],
    ['revision.test.0123456789ab.json', false],
  ])('of %s', (name, expected) => {
    expect(isJournal(name, 'test')).toBe(expected);
  });
});
