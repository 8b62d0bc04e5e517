const { execFileSync } = require('node:child_process');
const { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { dirname, join, posix, relative, sep } = require('node:path');

/** Settings of the compiler, and the declarations that it checks against. */
const settings = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/build.js',
  'node_modules/.package-lock.json',
];

/**
 * Compiles changed sources into `dist`, and removes outputs without a source. Returns whether it
 * did anything. Other files in `dist` stay there meanwhile: a sandbox may run from them. Throws the
 * error of `compile`.
 */
function build(root, { isClean = false, compile = compileWithTsc } = {}) {
  const dist = join(root, 'dist');
  const stamp = join(dist, '.inputs');
  if (isClean) rmSync(dist, { recursive: true, force: true });
  const inputs = inputsOf(root);
  const last = lastOf(stamp);
  const isWhole = last?.outputs.every((path) => existsSync(join(dist, path))) ?? false;
  if (isWhole && last.inputs === inputs) return false;
  // tsc does not check whether its former outputs still exist.
  if (!isWhole) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  rmSync(stamp, { force: true });
  compile(root);
  for (const path of compiledIn(dist)) relate(dist, path);
  for (const path of filesIn(dist).filter((one) => !isOutput(root, one))) rmSync(join(dist, path), { force: true });
  for (const bin of Object.values(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin))
    chmodSync(join(root, bin), 0o755);
  writeFileSync(stamp, JSON.stringify({ inputs, outputs: compiledIn(dist) }));
  return true;
}

/**
 * Returns the note of the last build, undefined without one: a killed build leaves no note, or a
 * part.
 */
function lastOf(stamp) {
  try {
    const { inputs, outputs } = JSON.parse(readFileSync(stamp, 'utf8'));
    return Array.isArray(outputs) ? { inputs, outputs } : undefined;
  } catch {
    return undefined;
  }
}

function compileWithTsc(root) {
  const argv = ['-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', 'dist/.tsbuildinfo'];
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...argv], { cwd: root, stdio: 'inherit' });
}

function filesIn(dist) {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((one) => !one.isDirectory())
    .map((one) => relative(dist, join(one.parentPath, one.name)));
}

/**
 * Other files change the behaviour: Node would take a package.json in `dist` for the product's own.
 */
function isOutput(root, path) {
  return path === '.tsbuildinfo' || (path.endsWith('.js') && existsSync(join(root, path.replace(/\.js$/, '.ts'))));
}

/**
 * Replaces `#room/…` by relative paths: a worker loads hundreds of modules, and Node would resolve
 * each name again.
 */
function relate(dist, path) {
  const file = join(dist, path);
  const code = readFileSync(file, 'utf8');
  const up = relative(dirname(path), '.').split(sep).join(posix.sep);
  const related = code.replace(/(\brequire\(["'])#([\w-]+\/)/g, `$1${up || '.'}/$2`);
  if (related !== code) writeFileSync(file, related);
}

const compiledIn = (dist) => filesIn(dist).filter((path) => path.endsWith('.js'));

/** Returns a text that changes as soon as a source or a setting comes, goes or changes. */
function inputsOf(root) {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const sources = include.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => join(room, path)),
  );
  return [...settings, ...sources]
    .sort()
    .map((path) => `${path} ${changedOf(join(root, path))}`)
    .join('\n');
}

function changedOf(path) {
  const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
  return `${mtimeMs} ${size}`;
}

module.exports = { build };

if (require.main === module) {
  try {
    build(join(__dirname, '..'), { isClean: process.argv.includes('--clean') });
  } catch (thrown) {
    // tsc has printed its reason; any other error is a mistake in this file.
    if (thrown.status === undefined) throw thrown;
    process.exitCode = 1;
  }
}
