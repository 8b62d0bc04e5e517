import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#sync/pass/version';

/** The pages that tell people what to type. */
export const manual: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'deck/examples/README.md',
  ...['docs', 'docs/reference'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** A file of the repository, by its path there. */
export function textOf(page: string): string {
  return readFileSync(join(packageRoot, page), 'utf8');
}

const programs = 'npm|npx|kong-privatelink|kong-privatelink-pluginserver|kong-js-pluginserver|docker|deck|curl|kong';
const block = /^ *```(?<language>sh|ini)\n(?<lines>[\s\S]*?)^ *```|^ *```[\s\S]*?^ *```/gm;
const span = new RegExp(`\`(?<span>(?:[A-Z_]+=\\S+ )*(?:${programs}) [^\`\n]+)\``, 'g');

/** What a command reads from the lines below it, as far as the word that ends it. */
const hereText = /(<<(\w+))\n[\s\S]*?\n\s*\2$/gm;

/**
 * Every command of a page, in order: in blocks of shell and systemd units, and between backticks.
 */
export function commandsIn(page: string): readonly string[] {
  return [...textOf(page).matchAll(new RegExp(`${block.source}|${span.source}`, 'gm'))].flatMap(({ groups = {} }) => {
    const whole = groups.lines?.replace(/\\\n\s*/g, '').replace(hereText, '$1');
    const lines = whole?.split('\n') ?? [groups.span ?? ''];
    return lines
      .map((line) => line.replace(/\s+#.*|\[.*\]$/g, '').trim())
      .filter((line) => line !== '' && (groups.language !== 'ini' || line.startsWith('ExecStart=')))
      .flatMap((line) => line.replace('ExecStart=', '').split(' && '));
  });
}

/** The blocks of a page in this language, without the indentation of a list. */
export function blocksIn(page: string, language: 'sh' | 'yaml' | 'js'): readonly string[] {
  const blocks = new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\``, 'gm');
  return [...textOf(page).matchAll(blocks)].map(([, indent = '', lines = '']) =>
    lines.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
}
