import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const rooms: readonly string[] = read('tsconfig.json').include;

/**
 * Each room of the product with the rooms below it. A room may import these, and the rooms below
 * them.
 */
const standsOn: Readonly<Record<string, readonly string[]>> = {
  core: [],
  io: ['core'],
  config: ['core'],
  deck: ['core'],
  discovery: ['io', 'config'],
  'data-plane': ['discovery'],
  resolver: ['data-plane'],
  plugin: ['data-plane'],
  sandbox: ['io'],
  'sync/plan': ['deck', 'config'],
  'sync/control-planes': ['sync/plan', 'io'],
  'sync/publish': ['sync/control-planes', 'discovery'],
  'sync/contracts': ['sync/plan', 'discovery'],
  'sync/pass': ['sync/publish', 'sync/contracts'],
  'sync/rollout': ['sync/pass'],
  'sync/watch': ['sync/rollout'],
  'sync/doctor': ['sync/watch'],
  'sync/adopt': ['sync/rollout'],
  'sync/explain': ['sync/rollout', 'resolver'],
  'sync/cli': ['sync/doctor', 'sync/adopt', 'sync/explain'],
};

/** Three verbs show or run other parts than `sync`. */
const doors =
  /^sync\/cli\/(commands\/schema -> plugin\/schema\/(callers|lua|zone)$|(resolver\/verb|verbs) -> resolver\/(options|verb)$|(commands\/sandbox|sandbox\/[a-z]+) -> sandbox\/)/;

/** All modules, by their path without extension. */
const modules: ReadonlyMap<string, string> = new Map(
  rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [`${room}/${file.slice(0, -3)}`, readFileSync(join(root, room, file), 'utf8')] as const),
  ),
);

const specifier = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bjest\.mock\()\s*['"`]([.#][^'"`]*)['"`]/g;

type Import = { readonly from: string; readonly to: string; readonly isRelative: boolean };

const imports: readonly Import[] = [...modules].flatMap(([from, text]) =>
  [...text.matchAll(specifier)].map(([, name = '']) => {
    const isRelative = name.startsWith('.');
    return { from, to: isRelative ? join(dirname(from), name) : name.slice(1), isRelative };
  }),
);

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function roomOf(path: string): string {
  return path.split('/', topOf(path) === 'sync' ? 2 : 1).join('/');
}

function mayImport(from: string, to: string): boolean {
  return from === to || (standsOn[from] ?? []).some((below) => mayImport(below, to));
}

const asText = ({ from, to }: Import) => `${from} -> ${to}`;

describe('rooms', () => {
  it('import only the rooms below them', () => {
    const upwards = imports
      .filter(
        ({ from, to }) => roomOf(from) in standsOn && to !== 'package.json' && !mayImport(roomOf(from), roomOf(to)),
      )
      .map(asText)
      .filter((one) => !doors.test(one));

    expect(upwards).toEqual([]);
  });

  it('are all in the table, except test, bench and tools, which may import every room', () => {
    const found = new Set([...modules.keys()].map(roomOf));

    expect([...found].sort()).toEqual([...Object.keys(standsOn), 'test', 'bench', 'tools'].sort());
  });

  it('import other rooms through `#`, and their own files by relative paths', () => {
    const wrong = imports
      .filter(({ to }) => rooms.includes(topOf(to)))
      .filter(({ from, to, isRelative }) => (topOf(from) === topOf(to)) !== isRelative);

    expect(wrong.map(asText)).toEqual([]);
  });

  it('have at most 14 files in a folder', () => {
    const counts = new Map<string, number>();
    for (const path of modules.keys()) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);

    expect([...counts].filter(([, count]) => count > 14)).toEqual([]);
  });
});

const declared = /^export (?:declare |abstract |async )*(?:function\*?|const|let|type|interface|class|enum) (\w+)/gm;

describe('exported names', () => {
  it('are declared in the file that exports them', () => {
    const lists = [...modules].filter(([, text]) => /^export (?:type )?[{*]/m.test(text)).map(([path]) => path);

    expect(lists).toEqual([]);
  });

  it('are unique in the product', () => {
    const homes = new Map<string, Set<string>>();
    for (const [path, text] of modules) {
      if (['sandbox', 'test', 'bench', 'tools'].includes(topOf(path))) continue;
      for (const [, name = ''] of text.matchAll(declared)) homes.set(name, (homes.get(name) ?? new Set()).add(path));
    }

    expect([...homes].filter(([, paths]) => paths.size > 1).map(([name, paths]) => [name, ...paths])).toEqual([]);
  });
});

describe('the table behind `#`', () => {
  it('is equal for Node, for TypeScript and Biome, and for Jest', () => {
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

  it('has every folder with sources', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((one) => one.isDirectory() && !/^(\.|dist$|node_modules$|coverage$)/.test(one.name))
      .map((one) => one.name)
      .filter((name) =>
        readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith('.ts')),
      );

    expect(folders.sort()).toEqual([...rooms].sort());
  });
});
