import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

describe('the table behind `#`', () => {
  const rooms: readonly string[] = read('tsconfig.json').include;

  it('is the same for Node, for TypeScript and Biome, and for Jest', () => {
    const { imports } = read('package.json');
    const { paths } = read('tsconfig.json').compilerOptions;
    const { moduleNameMapper, roots } = require(join(root, 'jest.config.js'));
    const [pattern = ''] = Object.keys(moduleNameMapper).filter((one) => one.includes('|'));

    expect(imports).toEqual({
      '#package.json': './package.json',
      ...Object.fromEntries(rooms.map((room) => [`#${room}/*`, `./dist/${room}/*.js`])),
    });
    expect(paths).toEqual(Object.fromEntries(rooms.map((room) => [`#${room}/*`, [`./${room}/*`]])));
    expect([pattern, moduleNameMapper[pattern]]).toEqual([`^#(${rooms.join('|')})/(.*)$`, '<rootDir>/$1/$2']);
    expect(roots).toEqual(rooms.map((room) => `<rootDir>/${room}`));
  });

  it('has every folder that holds sources', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((one) => one.isDirectory() && !/^(\.|dist$|node_modules$|coverage$)/.test(one.name))
      .map((one) => one.name)
      .filter((name) =>
        readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith('.ts')),
      );

    expect(folders.sort()).toEqual([...rooms].sort());
  });
});
