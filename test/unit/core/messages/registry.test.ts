import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { configJsonSchemaText } from '#config/printed/json-schema';
import { findMessage, messageEntries, messageKinds, nearestMessages } from '#core/messages/registry';
import { symptoms } from '#core/messages/symptoms';
import { callersHandlerLua } from '#plugin/schema/callers';
import { pluginAlerts } from '#plugin/server/serving/alerts';
import { resolverAlerts } from '#resolver/alerts';
import { exitCodes } from '#sync/cli/exit-codes';
import { conditionWords } from '#sync/watch/log/conditions';
import { workerAlerts } from '#sync/watch/metrics/alerts';
import { runCli } from '../../../support/cli';

const root = join(__dirname, '../../../..');
const sourceRooms = ['core', 'io', 'config', 'deck', 'discovery', 'data-plane', 'resolver', 'plugin', 'sync'];
const sources = sourceRooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, room, file), 'utf8')),
);
const sentencesOf = (text: string) => text.split(/(?<=[.:!?])\s+(?=[A-Z`])/);
const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean).length;
const causes = [...messageEntries, ...symptoms].flatMap((one) => [...one.causes]);
const texts = [...messageEntries.map(({ text }) => text), ...causes.flatMap(({ cause, fix }) => [cause, fix])];
const commands = [...new Set(causes.flatMap(({ command }) => command ?? []))];

describe('the registry of messages', () => {
  it('has a text, a cause and a fix in every entry', () => {
    const isLacking = ({ text, causes: [first] }: (typeof messageEntries)[number]) =>
      ![text, first?.cause, first?.fix].every((one) => /^[^a-z].{8,}[.]$/.test(one ?? ''));

    expect(messageEntries.length).toBeGreaterThan(100);
    expect(messageEntries.filter(isLacking).map(({ id }) => id)).toEqual([]);
  });

  it('has no two entries for one code', () => {
    const ids = messageEntries.map(({ id }) => id.toLowerCase());

    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('has sentences of at most 30 words', () => {
    expect(texts.flatMap(sentencesOf).filter((sentence) => wordsOf(sentence) > 30)).toEqual([]);
  });

  it.each(commands.filter((command) => command.startsWith('kong-privatelink ')))(
    'names a command that exists: %s',
    async (command) => {
      const [, verb = '', ...words] = command.split(' ');
      const { exitCode, out } = await runCli(verb === '--help' ? ['--help'] : [verb, '--help']);

      expect(exitCode).toBe(0);
      for (const option of words.filter((word) => word.startsWith('-'))) expect(out).toContain(option);
    },
  );

  it('names exit codes of the command line, each with its kind of message', () => {
    const exits = messageEntries.flatMap(({ kind, exit }) => (exit ? [`${kind} ${exit.code}`] : []));
    const known = new Set<number>(Object.values(exitCodes));

    expect(messageEntries.filter(({ exit }) => exit && !known.has(exit.code))).toEqual([]);
    expect([...new Set(exits)].sort()).toEqual([
      'check 1',
      'error 1',
      'log 1',
      'log 3',
      'log 4',
      'log 5',
      'obstacle 1',
      'obstacle 3',
      'obstacle 4',
      'quarantine 5',
    ]);
  });
});

/** Names of all keys of the configuration, at any depth. */
const keys = new Set(configJsonSchemaText().match(/(?<=")\w+(?=": \{)/g));

describe('the registry compared with the product', () => {
  it('names keys that the configuration has', () => {
    const roots = 'allow|policy|watch|discovery|controlPlane|resolver|rollout|gates|deck|domains|contracts|healthcheck';
    const named = texts.flatMap(
      (text) => text.match(new RegExp(`(?<=\`)(?:${roots})(?:\\.[a-zA-Z]+)+(?=\`)`, 'g')) ?? [],
    );

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => path.split('.').some((key) => !keys.has(key)))).toEqual([]);
  });

  it('has an entry for every code in the sources', () => {
    const printed = sources.flatMap((text) => [...text.matchAll(/\bcode: '([A-Z][A-Z_]+|[a-z]+(?:-[a-z]+)*)'/g)]);
    // Codes of Node's own errors, and Zod's word for an issue of the schema's own.
    const foreign = /^(ETIMEDOUT|EHOSTUNREACH|custom)$/;
    const codes = new Set(printed.map(([, code = '']) => code).filter((code) => !foreign.test(code)));

    expect(codes.size).toBeGreaterThan(40);
    expect([...codes].filter((code) => findMessage(code)?.id !== code)).toEqual([]);
  });

  it('has an entry for every message of the log that begins a condition', () => {
    const begun = Object.values(conditionWords).map(({ begins }) => begins);

    expect(begun.sort()).toEqual(Object.keys(messageKinds.log.messages).sort());
  });

  it('has an entry for every alert', () => {
    const alerts = Object.keys({ ...workerAlerts, ...pluginAlerts, ...resolverAlerts });

    expect(Object.keys(messageKinds.alert.messages)).toEqual(alerts);
  });

  it('has an entry for every verdict of privatelink-callers, and for what the 403 says', () => {
    const verdicts = [...callersHandlerLua().matchAll(/(?:\breturn|verdict ==) "([a-z]+)"/g)].map(([, one]) => one);
    const told = Object.keys(messageKinds.verdict.messages);

    expect(new Set(verdicts).size).toBeGreaterThan(2);
    expect(verdicts.filter((one) => !told.includes(one ?? ''))).toEqual([]);
  });
});

describe('findMessage', () => {
  it.each([
    ['ACCESS_DENIED', 'ACCESS_DENIED'],
    ['bad-tag', 'bad-tag'],
    ['scope unknown', 'scope unknown'],
    ['scope-unknown', 'scope unknown'],
    ['doctor: data planes', 'doctor data planes'],
    ['KongPrivatelinkStuck', 'KongPrivatelinkStuck'],
    // Spellings that no domain has.
    ['access_denied', 'ACCESS_DENIED'],
    ['ACCESS-DENIED', 'ACCESS_DENIED'],
    ['Bad_Tag', 'bad-tag'],
    // Names of domains.
    ['scope', undefined],
    ['sd2', undefined],
    ['access-denied', undefined],
    ['timeout', undefined],
    ['refused', undefined],
    ['toString', undefined],
  ])('finds for %s the entry %s', (text, id) => {
    expect(findMessage(text)?.id).toBe(id);
  });
});

describe('nearestMessages', () => {
  it.each([
    ['ACESS_DENIED', ['ACCESS_DENIED']],
    ['CONTROL', ['CONTROL_PLANE_AUTH', 'CONTROL_PLANE_UNKNOWN', 'CONTROL_PLANE_FAILED', 'CONTROL_PLANE']],
    ['XYZZY', []],
  ])('returns for %s the codes %j', (text, ids) => {
    expect(nearestMessages(text)).toEqual(ids);
  });
});

describe('explain of a code', () => {
  it.each(Object.values(conditionWords))('knows every message of the log about $begins', async (words) => {
    const { begins, lasts, ends, restless } = words;

    for (const message of [begins, lasts, ends, restless])
      expect(JSON.parse((await runCli(['explain', message, '--json'])).out)).toMatchObject({ id: begins });
  });

  it('leads to the domain whose name is a code with dashes', async () => {
    const { out } = await runCli(['explain', 'plan-refused']);

    expect(out).toMatch(/A domain of this name: .*explain \/plan-refused\n$/);
  });

  it('says what happened, why, and what to do, without a configuration', async () => {
    const { exitCode, out, err } = await runCli(['explain', 'ACCESS_DENIED', '-c', '/nowhere/x.yaml']);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/^ACCESS_DENIED\nAWS knows the identity and refuses the action\./);
    expect(out).toContain('\nCause: ');
    expect(out).toContain('\nFix:   Allow the action that the message names.\n');
    expect(out).toMatch(/\nRun: {3}.*kong-privatelink doctor\n/);
    expect(out).toContain('Exit code 1, where the error ends the command');
  });

  it('prints the entry as JSON', async () => {
    const { exitCode, out } = await runCli(['explain', 'bad-tag', '--json']);

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'bad-tag', kind: 'quarantine', exitCode: 5, causes: [{}] });
  });

  it('leads from the name of an alert to its runbook', async () => {
    const { out } = await runCli(['explain', 'KongPrivatelinkStuck', '--json']);

    expect(JSON.parse(out).see).toMatch(/^docs\/\w+\.md#kongprivatelinkstuck$/);
  });

  it('names the way to ask for a domain with the name of a code', async () => {
    const { out } = await runCli(['explain', 'bad-tag']);

    expect(out).toMatch(/A domain of this name: .*kong-privatelink explain \/bad-tag\n/);
  });

  it.each([['/bad-tag'], ['bad-tag', '--zone', 'use1-az1']])('looks for a domain at %s %s', async (...argv) => {
    const { exitCode, err } = await runCli(['explain', ...argv, '-c', '/nowhere/x.yaml']);

    expect(exitCode).toBe(1);
    expect(err).toContain('[CONFIG_MISSING]');
  });

  it('names the nearest codes for an unknown code', async () => {
    const { exitCode, err } = await runCli(['explain', 'ACESS_DENIED']);

    expect(exitCode).toBe(1);
    expect(err).toContain('there is no code ACESS_DENIED; ask for ACCESS_DENIED; a domain is written in lower case');
  });
});

describe('an error of the command line', () => {
  it('ends with the command that explains its code, and this command works', async () => {
    const { exitCode, err } = await runCli(['diff', '-c', '/nowhere/x.yaml']);
    const [, last = ''] = err.trimEnd().split('\n');
    const [, code = ''] = /^ {2}causes and fixes: .*kong-privatelink explain ([A-Z_]+)$/.exec(last) ?? [];

    expect(err).toContain(`[${code}]\n`);
    expect(JSON.parse((await runCli(['explain', code, '--json'])).out)).toMatchObject({ id: code, exitCode });
  });

  it('has no line for the command with --json', async () => {
    const { err, out } = await runCli(['diff', '--json', '-c', '/nowhere/x.yaml']);

    expect(err).toBe('');
    expect(JSON.parse(out).error.code).toBe('CONFIG_MISSING');
  });
});
