import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

type Options = { readonly isClean?: boolean; readonly compile: (root: string) => void };
const { build }: { build: (root: string, options: Options) => boolean } = require('#tools/build');

let root: string;
let compiled: number;

/** Like tsc, it writes the given outputs and leaves the others. */
function compile(): void {
  compiled += 1;
  mkdirSync(join(root, 'dist/core'), { recursive: true });
  for (const name of readdirSync(join(root, 'core'))) writeFileSync(join(root, 'dist/core', outputOf(name)), '');
}

const outputOf = (source: string) => source.replace(/\.ts$/, '.js');
const outputs = () => readdirSync(join(root, 'dist/core')).sort();
const write = (path: string, text: string) => writeFileSync(join(root, path), text);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  compiled = 0;
  mkdirSync(join(root, 'core'));
  write('package.json', JSON.stringify({ bin: { one: 'dist/core/cli.js' } }));
  write('tsconfig.json', JSON.stringify({ include: ['core'] }));
  write('core/cli.ts', 'one');
  write('core/model.ts', 'one');
  build(root, { compile });
});

afterEach(() => rmSync(root, { recursive: true }));

describe('the build', () => {
  it('compiles nothing when nothing changed', () => {
    expect(build(root, { compile })).toBe(false);
    expect([compiled, outputs()]).toEqual([1, ['cli.js', 'model.js']]);
  });

  it('makes the commands executable', () => {
    expect(statSync(join(root, 'dist/core/cli.js')).mode & 0o777).toBe(0o755);
  });

  it.each<[string, () => void]>([
    ['a source changed', () => write('core/model.ts', 'another')],
    ['a source came', () => write('core/zones.ts', 'one')],
    ['a setting changed', () => write('tsconfig.json', JSON.stringify({ include: ['core'], compilerOptions: {} }))],
    [
      'dependencies came',
      () => mkdirSync(join(root, 'node_modules')) ?? write('node_modules/.package-lock.json', '{}'),
    ],
    ['an output is lost', () => rmSync(join(root, 'dist/core/model.js'))],
    ['the last build was killed while it recorded its inputs', () => write('dist/.inputs', '{"inputs":"core/')],
    ['its record is of another kind', () => write('dist/.inputs', '{"inputs":""}')],
    ['dist is missing', () => rmSync(join(root, 'dist'), { recursive: true })],
  ])('compiles again when %s', (_, change) => {
    change();

    expect([build(root, { compile }), build(root, { compile })]).toEqual([true, false]);
    expect([compiled, outputs()]).toEqual([2, readdirSync(join(root, 'core')).map(outputOf).sort()]);
  });

  it('puts the paths of files in place of `#` imports, and changes nothing else', () => {
    const codeOf = (path: string) => readFileSync(join(root, 'dist/core', path), 'utf8');
    const naming = (...paths: readonly string[]) =>
      paths.map((path) => `require("${path}");require('${path}')`).join(';');
    mkdirSync(join(root, 'core/timing'));
    write('core/timing/clock.ts', '');
    build(root, {
      compile: () => {
        mkdirSync(join(root, 'dist/core/timing'));
        for (const path of ['cli.js', 'timing/clock.js'])
          writeFileSync(join(root, 'dist/core', path), naming('#io/files', '#package.json', 'node:fs'));
      },
    });

    expect(codeOf('cli.js')).toBe(naming('../io/files', '#package.json', 'node:fs'));
    expect(codeOf('timing/clock.js')).toBe(naming('../../io/files', '#package.json', 'node:fs'));
  });

  it('makes tsc forget its outputs when one is lost, because tsc looks at sources alone', () => {
    write('dist/.tsbuildinfo', '{}');
    rmSync(join(root, 'dist/core/model.js'));

    let remembers = true;
    build(root, {
      compile: () => {
        remembers = existsSync(join(root, 'dist/.tsbuildinfo'));
        compile();
      },
    });

    expect(remembers).toBe(false);
  });

  it("removes foreign files: Node would take a package.json in dist for the product's", () => {
    rmSync(join(root, 'dist/.inputs'));
    write('dist/package.json', '{}');

    build(root, { compile });

    expect(existsSync(join(root, 'dist/package.json'))).toBe(false);
  });

  it('removes outputs without a source, and only those, because a sandbox may run from dist', () => {
    rmSync(join(root, 'core/model.ts'));
    write('core/cli.ts', 'another');
    let during: readonly string[] = [];

    build(root, {
      compile: () => {
        during = outputs();
        compile();
      },
    });

    expect([during, outputs()]).toEqual([['cli.js', 'model.js'], ['cli.js']]);
  });

  it('compiles again after a failure', () => {
    write('core/model.ts', 'broken');
    const fail = () => {
      throw new Error('TS1005');
    };

    expect(() => build(root, { compile: fail })).toThrow('TS1005');
    expect(build(root, { compile })).toBe(true);
  });

  it('starts with an empty dist for a package', () => {
    write('dist/left.txt', '');

    build(root, { compile, isClean: true });

    expect(readdirSync(join(root, 'dist')).sort()).toEqual(['.inputs', 'core']);
  });
});
