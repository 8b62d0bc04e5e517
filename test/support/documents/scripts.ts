import { textOf } from './pages';

const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(textOf('package.json'));

export const { scripts } = manifest;

/** The scripts that a command line calls. */
function calledBy(text: string): readonly string[] {
  return [...text.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:]+)/g)].map(([, name = '']) => name);
}

function withParts(name: string): readonly string[] {
  const [pre, itself, post] = [scripts[`pre${name}`], scripts[name], scripts[`post${name}`]];
  return [name, ...[pre, itself, post].flatMap((text) => calledBy(text ?? '').flatMap(withParts))];
}

/** What the main job runs, `npm ci` among it. */
export const inMainJob: ReadonlySet<string> = new Set(
  (textOf('.ci/run').match(/^step npm .*/gm) ?? []).flatMap(calledBy).flatMap(withParts),
);

/** Scripts that a story runs in a copy of the clone, with arguments for a short run. */
export const shortRuns: Readonly<Record<string, readonly string[]>> = {
  build: ['--clean'],
  generate: [],
  format: [],
  night: [],
  simulate: ['1'],
  'fuzz:plugin': ['1'],
  'fuzz:resolver': ['1'],
};

/** They measure, and want the machine to themselves for minutes; docs/testing.md says what. */
export const measures: readonly string[] = Object.keys(scripts).filter((name) => /^(bench|soak):/.test(name));

/** Called by npm, or by the peers with a Kong, or a name for two scripts of the main job. */
export const others: readonly string[] = ['prepack', 'test:kong', 'verify'];
