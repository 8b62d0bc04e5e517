import { describe, expect, it } from '@jest/globals';
import { findingText, type Rule } from '#tools/text/finding';
import { lintText, type Repository } from '#tools/text/lint';
import { readPage } from '#tools/text/markdown';
import { patterns } from '#tools/text/patterns';

const other = readPage('# Other\n\n## Two `words`, twice\n\n## Two words twice\n\n## A <b>bold</b> क्षे\n');
const repository: Repository = {
  has: (path) => ['docs', 'docs/page.md', 'docs/other.md', 'core/a.ts'].includes(path),
  page: (path) => (path === 'docs/other.md' ? other : undefined),
  offered: { scripts: new Set(['build']), verbs: new Map([['sync', ['--watch', '-h', '--help']]]) },
};

function rulesBroken(file: string, text: string): readonly Rule[] {
  return lintText(file, text, repository)?.findings.map(({ rule }) => rule) ?? [];
}

const words = (count: number) => Array(count).fill('word').join(' ');
/** Lines of seven words, each of 34 columns. */
const wrapped = (count: number) => words(count).replace(/((?:word ){7})/g, '$1\n');
const wide = words(21);

describe('a page', () => {
  it.each<[string, Rule, string]>([
    ['a line of 104 columns', 'width', `${wide}.`],
    ['such a line in a list', 'width', `- ${wide}.`],
    ['a sentence of 31 words', 'sentence', wrapped(31)],
    ['such a sentence behind a short one', 'sentence', `Short.\n${wrapped(31)}`],
    ['such a sentence in an item', 'sentence', `- ${wrapped(31).replaceAll('\n', '\n  ')}`],
    ['such a sentence in a cell', 'sentence', `| a | b |\n| --- | --- |\n| c | ${words(31)} |`],
    ['such a sentence with e.g. in it', 'sentence', `${words(8)} (e.g. ${words(8)}\nas 1.2 says) ${words(14)}`],
    ['a double that', 'pattern', 'The one that names\nthe domain that is lost.'],
    ['what ... is what', 'pattern', 'What is told is what was seen.'],
    ['who ... who', 'pattern', 'Who asks learns who answers.'],
    ['a link to no file', 'link', '[one](none.md)'],
    ['a picture that is no file', 'link', '![one](none.svg)'],
    ['a link to no heading', 'link', '[one](other.md#three)'],
    ['a script that does not exist', 'command', '`npm run none`'],
    ['a verb that does not exist', 'command', '```sh\nkong-privatelink none\n```'],
    ['an option that does not exist', 'command', '`npx kong-privatelink sync [--wat]`'],
    ['an option of one large letter that does not exist', 'command', '`kong-privatelink sync -X`'],
    ...['A=1 ', 'sudo ', 'npx --yes ', 'true | ', 'true || ', 'true; ', 'echo $('].map(
      (before): [string, Rule, string] => [
        `a verb that does not exist behind ${before}`,
        'command',
        `\`\`\`sh\n${before}kong-privatelink none\n\`\`\``,
      ],
    ),
    ['a verb that does not exist of the package', 'command', '`npx @kong-privatelink/cli none`'],
    ['a verb that does not exist in a workflow', 'command', '```yaml\n- run: kong-privatelink none\n```'],
  ])('breaks a rule with %s', (_, rule, text) => {
    expect(rulesBroken('docs/page.md', text)).toEqual([rule]);
  });

  it.each([
    ['a line of 100 columns', `${words(20)}.`],
    ['a line of 100 columns and the line end of Windows', `${words(20)}.\r\n`],
    ['the options of another command', '```sh\nkong-privatelink sync; jq --raw-output\n```'],
    ['a wide table', `| a | b |\n| --- | --- |\n| ${words(13)} | ${words(13)} |`],
    ['wide code', `\`\`\`\n${words(40)}\n\`\`\``],
    ['a wide heading', `# ${wide}`],
    ['wide HTML', `<p>\n${wide}\n</p>`],
    ['a line that is one link', `- [${words(12)}](https://example.com/${'x'.repeat(60)})`],
    ['a line that is one word', 'x'.repeat(120)],
    ['a sentence of 30 words', wrapped(30)],
    ['two sentences', `${wrapped(20)}.\n${wrapped(20)}.`],
    ['two sentences around a line break of a cell', `| a |\n| --- |\n| ${words(20)}<br>${words(20)} |`],
    ['code as one word', `${wrapped(29)}\n\`${words(8)}\``],
    ['a link as its text', `${wrapped(28)}\n[two words](other.md)`],
    ['one that in each sentence', 'The one that names. The one that serves.'],
    ['words in code', '`that that who who`'],
    ['links that lead somewhere', '[a](other.md) [b](.) [c](../core/a.ts) [d](https://example.com/none.md)'],
    [
      'headings as GitHub names them',
      '[a](other.md#two-words-twice) [b](other.md#two-words-twice-1) [c](other.md#a-bold-क्षे)',
    ],
    ['commands that exist', '`npm run build` `kong-privatelink sync [--watch]` `kong-privatelink-pluginserver --x`'],
  ])('breaks no rule with %s', (_, text) => {
    expect(rulesBroken('docs/page.md', text)).toEqual([]);
  });

  it('reports the place, the problem and the fix', () => {
    const { findings = [] } = lintText('docs/page.md', `Short.\n\n- Short. ${wrapped(31)}`, repository) ?? {};

    expect(findings.map(findingText)).toEqual([
      'docs/page.md:3: sentence: 31 words in "word word word word word word word word word word ..."; ' +
        'write sentences of at most 30 words',
    ]);
  });

  it('counts the checked texts', () => {
    const text = 'One. Two.\n\n[three](other.md) `npm run build`';

    expect(lintText('docs/page.md', text, repository)?.read).toMatchObject({
      pages: 1,
      sentences: 3,
      links: 1,
      commands: 1,
    });
  });
});

const riddle = 'The one that names the domain that is lost.';

describe('comments', () => {
  it.each<[string, Rule, string, string]>([
    ['a wide line', 'width', 'core/a.ts', `// ${wide}`],
    ['a wide line of a block', 'width', 'core/a.ts', `/**\n * ${wide}\n */`],
    [
      'a line that is wide by its indentation',
      'width',
      'core/a.ts',
      `function f() {\n${' '.repeat(80)}// ${words(5)}\n}`,
    ],
    ['a wide line behind code', 'width', 'tools/a.js', `f(); // ${words(20)}`],
    ['a wide line of Lua', 'width', 'plugin/a.lua', `local a = "--" -- ${words(20)}`],
    ['a riddle over two lines', 'pattern', 'core/a.ts', '// The one that names\n// the domain that is lost.'],
    ['a riddle in a docstring', 'pattern', 'core/a.ts', `/** ${riddle} */\nfunction f() {}`],
    ['a riddle behind a template', 'pattern', 'core/a.ts', `const a = \`\${b}\`; // ${riddle}`],
    ['a riddle of Lua', 'pattern', 'plugin/a.lua', `-- ${riddle}`],
  ])('break a rule with %s', (_, rule, file, text) => {
    expect(rulesBroken(file, text)).toEqual([rule]);
  });

  it.each([
    ['a wide line of code', 'core/a.ts', `const a = '${words(30)}';`],
    ['an address', 'core/a.ts', `// https://example.com/${'x'.repeat(100)}`],
    ['a string that looks like a comment', 'core/a.ts', `const a = '// ${words(30)} ${riddle}';`],
    ['a template that looks like a comment', 'core/a.ts', `const a = \`\n// \${b} ${words(30)}\n// ${riddle}\n\`;`],
    ['a string of Lua', 'plugin/a.lua', `local a = "-- ${words(30)}"\nlocal b = [[\n-- ${riddle}\n]]`],
    ['words in code', 'core/a.ts', '// `that that who who`'],
  ])('break no rule with %s', (_, file, text) => {
    expect(rulesBroken(file, text)).toEqual([]);
  });

  it('are counted, and successive line comments count as one', () => {
    const text = '#!/usr/bin/env node\n// one\n// one\n\n/** two */\nf(/* three */); // three\n';

    expect(lintText('core/a.ts', text, repository)?.read.comments).toBe(3);
  });
});

const long = 'x'.repeat(101);

describe('test names', () => {
  it.each([
    `it('${long}', f);`,
    `describe('${long}', f);`,
    `test.skip('${long}', f);`,
    `it.each([1])('${long}', f);`,
    `describe.each\`a\`('${long}', f);`,
    `(has ? it : it.skip)(\`${long}\`, f);`,
    `it('${long.slice(50)}' + '${long.slice(50)}', f);`,
    `describe('a', () => { it(\`\${a} ${long}\`, f); });`,
  ])('break a rule in %s', (text) => {
    expect(rulesBroken('test/unit/a.test.ts', text)).toEqual(['test-name']);
  });

  it.each([`it('${long.slice(1)}', f);`, `it.each(['${long}'])('%s', f);`, `expect('${long}');`])(
    'break no rule in %s',
    (text) => {
      expect(rulesBroken('test/unit/a.test.ts', text)).toEqual([]);
    },
  );
});

describe('the table of forms', () => {
  it.each(patterns)('has for $name a reason, a better form and an example', ({ reason, better, example }) => {
    expect([reason, better]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
    expect(rulesBroken('docs/page.md', example)).toEqual(['pattern']);
    expect(rulesBroken('test/a.test.ts', `it('${example}', f);`)).toEqual(['pattern']);
  });
});

it('other kinds of files are ignored', () => {
  expect(lintText('deploy/alerts.yaml', `# ${wide}`, repository)).toBeUndefined();
});
