import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import { withWriter } from '#sync/rollout/writer/writer';
import { createRushingClock } from '../../support/rollout/clocks';
import { until } from '../../support/until';

/** Compiled: `npm test` builds it first. */
const dist = resolve(__dirname, '../../../dist');

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const fileOf = () => ({ stateDir, owner: 'test', controlPlane: { type: 'konnect', name: 'prod' } });
const { signal } = new AbortController();

/** A process that runs this code as the one writer, with `fs` and `writing` in scope. */
function startProcess(work: string) {
  const script = `
    const fs = require('node:fs');
    const { withWriter } = require('${dist}/sync/rollout/writer/writer.js');
    const { systemClock: clock } = require('${dist}/io/clock.js');
    const signal = new AbortController().signal;
    withWriter(${JSON.stringify(fileOf())}, { clock, signal }, async (writing) => { ${work} });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  return { child, exited: once(child, 'close'), out: () => out };
}

const answering = `
  process.stdout.write('begun ');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  try { writing.stillWriter(); process.stdout.write('writes'); }
  catch (thrown) { process.stdout.write(thrown.code); }
  process.stdin.destroy();`;

const state = () => readdirSync(stateDir);
const text = () => readFileSync(join(stateDir, state()[0] ?? ''), 'utf8');

describe('a writer process', () => {
  it('is followed at once by the next writer when it is killed', async () => {
    const { child, exited, out } = startProcess(answering);
    await until('it works', () => out() === 'begun ');
    const left = JSON.parse(text());
    child.kill('SIGKILL');
    await exited;

    // The clock stands still, so nothing expires.
    const clock = { ...systemClock, monotonicMs: () => 0 };
    const given = await withWriter(fileOf(), { clock, signal }, async () => JSON.parse(text()));

    expect([left.pid, given.pid]).toEqual([child.pid, process.pid]);
    expect(state()).toEqual([]);
  });

  it('fm-69 finds out before its next write that another writer took over while it stood still', async () => {
    const { child, exited, out } = startProcess(answering);
    await until('it works', () => out() === 'begun ');
    child.kill('SIGSTOP');

    await withWriter(fileOf(), { clock: createRushingClock(), signal }, async ({ stillWriter }) => {
      child.stdin.write('go');
      child.kill('SIGCONT');
      await exited;

      expect(out()).toBe('begun OTHER_WRITER');
      expect(stillWriter).not.toThrow();
    });
    expect(state()).toEqual([]);
  });

  it('works alone, even when many processes take over from a dead writer at once', async () => {
    const first = startProcess(answering);
    await until('it works', () => first.out() === 'begun ');
    const dead = text();
    const [name = ''] = state();
    first.child.kill('SIGKILL');
    await first.exited;
    writeFileSync(join(stateDir, name), dead);
    const inside = JSON.stringify(`${stateDir}.inside`);
    // mkdirSync throws while another process works.
    const alone = `fs.mkdirSync(${inside}); await clock.sleep(20, signal); fs.rmdirSync(${inside}); process.stdout.write('alone');`;

    const all = [1, 2, 3, 4, 5, 6].map(() => startProcess(alone));
    await Promise.all(all.map(({ exited }) => exited));

    expect(all.map(({ out }) => out())).toEqual(all.map(() => 'alone'));
    expect(state()).toEqual([]);
  });
});
