import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '#config/schema';
import { fileSchema } from '#config/stages';
import { metricRows } from '#io/metrics/text';
import { pluginConfigSchema as pluginSchema } from '#plugin/schema/schema';
import { metricTable } from '#plugin/server/serving/metrics';
import { exitCodes, exitMeanings } from '#sync/cli/exit-codes';
import { conditionWords } from '#sync/watch/log/conditions';
import { logFormats, logLevels } from '#sync/watch/log/log';
import { blocksIn, textOf } from '../../support/documents/pages';

const root = resolve(__dirname, '../../..');
const decisions = readdirSync(join(root, 'docs/decisions'));
const matchesOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** The names of all keys of a schema, at any depth. */
function keysOf(schema: z.ZodType): readonly string[] {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  const keys = new Set<string>();
  JSON.parse(text, (key, value) => {
    if (key === 'properties') for (const name of Object.keys(value)) keys.add(name);
    return value;
  });
  return [...keys];
}

describe('documentation', () => {
  it('is complete in the package: it holds the pages that README links', () => {
    const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const [{ files }] = JSON.parse(execFileSync('npm', argv, { cwd: root, encoding: 'utf8', stdio: 'pipe' }));
    const packed = new Set<string>(files.map(({ path }: { path: string }) => path));
    const isPacked = (path: string) => [...packed].some((one) => one === path || one.startsWith(`${path}/`));
    const links = [...packed]
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) =>
        matchesOf(textOf(page), /\]\((?!https?:|#)([^)\s#]+)/g).map((link) => ({
          page,
          path: join(dirname(page), link),
        })),
      );

    expect(links.length).toBeGreaterThan(100);
    expect(links.filter(({ path }) => !isPacked(path))).toEqual([]);
    expect([...packed].filter((path) => /^dist\/(test|bench|tools)\/|\.test\./.test(path))).toEqual([]);
  });

  it.each([
    [
      'the configuration',
      fileSchema,
      [
        ...['configuration', 'setup', 'permissions', 'connections', 'worker', 'removals', 'sources', 'control-planes'],
        ...['publishing', 'data-planes', 'stages', 'rollouts', 'contracts'],
      ],
    ],
    ['the plugin', pluginSchema, ['plugin']],
  ])('names every key of %s in the manual', (_, schema, named) => {
    const words = new Set(
      named
        .map((page) => textOf(`docs/${page}.md`))
        .join(' ')
        .match(/\w+/g),
    );

    expect(keysOf(schema).filter((key) => !words.has(key))).toEqual([]);
  });

  it('shows a valid configuration, with all keys of the first level and the defaults', () => {
    const [text = ''] = blocksIn('docs/configuration.md', 'yaml');
    const shown: Readonly<Record<string, unknown>> = parse(text);
    const optional = configSchema.omit({ owner: true, sources: true, controlPlane: true, domains: true });

    // Contracts and several control planes have pages of their own.
    const elsewhere = { rollout: true, contracts: true } as const;
    expect(Object.keys(shown).sort()).toEqual(Object.keys(configSchema.omit(elsewhere).shape).sort());
    expect(configSchema.safeParse(shown).error).toBeUndefined();
    expect(shown).toMatchObject(optional.parse({}));
  });

  it('lists exactly the metrics that the plugin server serves', () => {
    const rows = metricRows(metricTable);

    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !textOf('docs/plugin.md').includes(row))).toEqual([]);
  });

  it('lists all conditions that a worker reports, and the levels and formats of its log', () => {
    const page = textOf('docs/log.md');
    const rows = Object.values(conditionWords).map(
      ({ begins, lasts, ends, restless }) =>
        `| ${[begins, lasts, ends, restless].map((one) => `\`${one}\``).join(' | ')} |`,
    );

    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
    expect([...logLevels, ...logFormats].filter((one) => !page.includes(`\`${one}\``))).toEqual([]);
  });

  it('lists the failure modes that tests are named for, and no others', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    const texts = tests.filter((name) => name.endsWith('.test.ts')).map((name) => textOf(join('test', name)));
    const named = new Set(texts.flatMap((text) => matchesOf(text, /\b(fm-\d\d)\b/g)));

    expect(matchesOf(textOf('docs/failure-modes.md'), /^\| (fm-\d\d) /gm)).toEqual([...named].sort());
  });

  it('names the exit codes as --help does', () => {
    const told = Object.values(exitCodes).map((code, index) => [code, Object.values(exitMeanings)[index]]);
    const rows = told.map((one) => `| ${one.join(' | ')} |`);
    const page = textOf('docs/removals.md').replaceAll('`', '');

    expect(textOf('README.md')).toContain('(docs/removals.md#exit-codes)');
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });

  it('lists every decision in the index', () => {
    const index = textOf('docs/decisions/README.md');

    expect(decisions.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
  });
});
