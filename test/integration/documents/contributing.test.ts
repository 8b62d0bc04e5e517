import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../../..');
const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const behaviours = [...text.matchAll(/^\| (.+) \| (\S+\.ts) \| `(\w+)` \|$/gm)].map(
  ([, behaviour = '', file = '', name = '']) => ({ behaviour, file, name }),
);
const steps = [...text.matchAll(/^\d\. `([^`]+)`/gm)].map(([, path = '']) => path);

describe('CONTRIBUTING.md', () => {
  it('lists every behaviour once', () => {
    expect(behaviours).toHaveLength(38);
    expect(new Set(behaviours.map(({ behaviour }) => behaviour)).size).toBe(38);
  });

  it.each(behaviours)('is right that $behaviour begins at $name of $file', ({ file, name }) => {
    expect(readFileSync(join(root, file), 'utf8')).toMatch(
      new RegExp(`^(export )?(async )?(function|const) ${name}\\b`, 'm'),
    );
  });

  it('names existing files, and at most five for each thing', () => {
    const paths = steps.filter((path) => !path.includes('<'));

    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const counts = text
      .split('\n## Adding')
      .slice(1)
      .map((section) => section.match(/^\d\. /gm)?.length ?? 0);
    expect(counts.every((count) => count > 0 && count <= 5)).toBe(true);
  });
});
