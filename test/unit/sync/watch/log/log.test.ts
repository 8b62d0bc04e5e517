import { describe, expect, it } from '@jest/globals';
import { createOutput } from '#io/output';
import { type LogFlags, openLog } from '#sync/watch/log/log';

const stranger = 'sd2\u001b[2J\u202e\nerror pass failed \u001b[31mred';

function openTestLog({
  isTerminal = false,
  json = false,
  ...flags
}: LogFlags & { isTerminal?: boolean; json?: boolean }) {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err') =>
    createOutput((text, done) => {
      said[name] += text;
      done();
    }, isTerminal).write;
  const terminal = { env: { NO_COLOR: '1' }, out: to('out'), err: to('err'), isTerminal };
  return { said, log: openLog({ ...flags, terminal, json, now: () => 1_795_000_000_000 }) };
}

describe('openLog', () => {
  it('writes JSON in a pipe, with the time in ISO 8601 and the level by its name', () => {
    const { log, said } = openTestLog({});

    log.warn({ plan: 1, reason: 'no' }, 'scope unknown');

    expect(said.out).toBe(
      '{"level":"warn","time":"2026-11-18T11:06:40.000Z","plan":1,"reason":"no","msg":"scope unknown"}\n',
    );
  });

  it('writes text on a terminal: the event, its subject, the reason and the fix', () => {
    const { log, said } = openTestLog({ isTerminal: true });

    log.warn({ plan: 1, domain: undefined, scopes: ['a.b', 'c d'], none: [], reason: 'no', fix: 'do' }, 'warning');

    expect(said.out).toBe('2026-11-18T11:06:40.000Z warn  warning plan=1 scopes=a.b,"c d": no; do\n');
  });

  it.each<[string, LogFlags & { isTerminal: boolean }]>([
    ['text on a terminal', { isTerminal: true }],
    ['text in a pipe', { isTerminal: false, logFormat: 'text' }],
    ['JSON on a terminal', { isTerminal: true, logFormat: 'json' }],
    ['JSON in a pipe', { isTerminal: false }],
  ])('writes one line without control characters, whatever the tag of a stranger: %s', (_, given) => {
    const { log, said } = openTestLog(given);

    log.warn({ domain: stranger, reason: stranger, fix: stranger }, 'endpoint quarantined');

    expect(said.out).toMatch(/^[^\p{Cc}\p{Cf}]*\n$/u);
    expect(said.out).toContain('\\u001b[2J\\u202e');
  });

  it('colours the level alone, and nothing where NO_COLOR is set', () => {
    const { said } = openTestLog({ isTerminal: true });
    let out = '';
    const terminal = {
      env: {},
      out: (text: string) => {
        out += text;
      },
      err: () => {},
      isTerminal: true,
    };

    openLog({ terminal, now: () => 0 }).error({}, 'pass failed');

    expect(out).toMatch(/^\S+ \S*error\S* pass failed\n$/);
    expect(said.out).toBe('');
  });

  it('leaves standard output to the reports with --json', () => {
    const { log, said } = openTestLog({ json: true, isTerminal: true });

    log.info({}, 'watching');

    expect([said.out, JSON.parse(said.err)]).toMatchObject(['', { msg: 'watching' }]);
  });

  it.each([
    [undefined, ['info', 'warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['error', ['error']],
  ])('writes with the level %s %j', (logLevel, expected) => {
    const { log, said } = openTestLog({ logLevel });

    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level);

    expect(
      said.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg),
    ).toEqual(expected);
  });

  it.each<[LogFlags, RegExp]>([
    [{ logLevel: 'loud' }, /--log-level: there is no "loud"; give one of debug, info, warn, error/],
    [{ logFormat: 'xml' }, /--log-format: there is no "xml"; give one of text, json/],
  ])('refuses %j, and names the valid values', (flags, message) => {
    expect(() => openTestLog(flags)).toThrow(message);
  });

  it('masks a field that is called a token', () => {
    const { log, said } = openTestLog({ logFormat: 'text' });

    log.info({ token: 'kpat_secret', watch: { token: 'other_secret' } }, 'watching');

    expect(said.out).not.toContain('_secret');
  });
});
