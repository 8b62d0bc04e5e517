import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { meddling, minutesOf, morning, restart, restless, troubles } from '#bench/support/night-troubles';
import { conditionWords } from '#sync/watch/log/conditions';
import { lineText } from '#sync/watch/log/log';

const root = resolve(__dirname, '../..');
const lineSchema = z.looseObject({
  level: z.enum(['info', 'warn', 'error']),
  time: z.iso.datetime(),
  msg: z.string(),
  passes: z.number().optional(),
});
type LogLine = z.infer<typeof lineSchema>;

let log = '';
let lines: readonly LogLine[] = [];

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'dist/bench/night.js'), 'json']);
  log = stdout;
  lines = stdout
    .trim()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
});

/** Minutes since the evening. */
const atOf = ({ time }: LogLine) => (Date.parse(time) - Date.parse('2026-11-29T22:00:00Z')) / 60_000;
const linesOf = (msg: string, about = '') =>
  lines.filter((one) => one.msg === msg && JSON.stringify(one).includes(about));
const within = (from: number, to: number) => (line: LogLine) => atOf(line) >= from && atOf(line) < to;
/** After a failed pass the next one may be five minutes away. */
const slack = 6;

const wordsOf = (begins: string) => Object.values(conditionWords).find((words) => words.begins === begins);
const spans = troubles.map((trouble) => ({ ...trouble, from: minutesOf(trouble.from), to: minutesOf(trouble.to) }));
const restarted = minutesOf(restart);

describe('the log of a night', () => {
  it('covers more than 500 passes in fewer than 120 lines, and counts all passes', () => {
    const stopped = linesOf('stopped').map(({ passes = 0 }) => passes);

    expect(stopped).toHaveLength(2);
    expect(stopped.reduce((sum, passes) => sum + passes)).toBeGreaterThan(500);
    expect(lines.length).toBeLessThan(120);
  });

  it.each(spans)('tells that $what: when it begins and ends, once, and hourly in between', (trouble) => {
    const { from, to, begins, ends, about } = trouble;
    const starts = from < restarted && restarted < to ? [from, restarted] : [from];
    const seen = within(from, to + slack);

    const begun = linesOf(begins, about).filter(seen);
    const ended = linesOf(ends, about).filter(seen);

    expect(begun.map((line) => starts.findIndex((at) => within(at, at + slack)(line)))).toEqual([...starts.keys()]);
    expect(ended.map(within(to, to + slack))).toEqual([true]);
    const hours = starts.map((at, index) => Math.floor(((starts[index + 1] ?? to) - at) / 60));
    expect(linesOf(wordsOf(begins)?.lasts ?? '', about).filter(seen)).toHaveLength(
      hours.reduce((sum, count) => sum + count),
    );
  });

  it('reports a restless condition three times, then as restless, and its end an hour after the last time', () => {
    const seen = within(minutesOf(restless.from), minutesOf(morning));
    const counts = Object.values(conditionWords.scope).map((msg) => linesOf(msg, restless.about).filter(seen).length);
    const [ended] = linesOf('scope known again', restless.about).slice(-1);

    expect(counts.slice(1)).toEqual([3, 0, 4, 1]);
    expect(ended).toMatchObject({ times: 20 });
    expect(ended && atOf(ended)).toBeGreaterThan(minutesOf(restless.to) + 58);
  });

  it('reports the second writer', () => {
    const flapping = linesOf('warning', 'is flapping');

    expect(flapping.map(atOf)).toEqual([expect.closeTo(minutesOf(meddling[1]), 0)]);
  });

  it('warns of nothing else', () => {
    const scopes = linesOf('scope unknown', restless.about).filter(within(minutesOf(restless.from), Infinity));
    const known = new Set<LogLine>([
      ...scopes,
      ...linesOf('scope unknown now and then'),
      ...linesOf('warning', 'flapping'),
    ]);
    for (const { begins, about } of troubles) for (const line of linesOf(begins, about)) known.add(line);
    for (const { lasts } of Object.values(conditionWords)) for (const line of linesOf(lasts)) known.add(line);
    const others = lines.filter((line) => line.level !== 'info' && !known.has(line));

    expect(others.map(({ msg }) => msg)).toEqual(['configuration not used, the old one stays']);
  });

  it('repeats after a restart the conditions that still hold, and counts them before it', () => {
    const [stopped] = linesOf('stopped');

    expect(stopped).toMatchObject({ stillWrong: 2 });
    expect(linesOf('watching').map((line) => Math.floor(atOf(line)))).toEqual([0, restarted]);
  });

  it('holds no secret, and no control characters', () => {
    expect(log).not.toMatch(/kpat_|sandbox-secret/);
    expect(log).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });

  it('is quoted in docs without changes', () => {
    const said = log
      .trim()
      .split('\n')
      .map((line) => lineText(line, { env: {}, isTerminal: false }).trim());
    const [, quoted = ''] =
      /## A night\n.*?```text\n(.*?)```/s.exec(readFileSync(join(root, 'docs/log.md'), 'utf8')) ?? [];
    const shown = quoted
      .trim()
      .split('\n')
      .filter((line) => line !== '…');

    expect(shown.length).toBeGreaterThan(30);
    expect(shown.filter((line) => !said.includes(line))).toEqual([]);
  });
});
