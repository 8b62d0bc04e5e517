import { PrivatelinkError } from '#core/errors';

const changes = 'diff shows what would change, and sync changes it';
const checks = 'doctor checks the configuration, AWS and the control plane';
const worker = 'sync --watch is the worker: it runs until it is stopped';
const seen = 'discover shows the endpoints, and diff shows what sync would change';
const removal = 'retire DOMAIN removes a domain from the control plane';

/** Verbs of Terraform, kubectl, decK and Helm, with their counterparts here. */
export const foreignWords: Readonly<Record<string, string>> = {
  apply: 'sync writes what diff shows; sync --plan writes only what a file of diff --out lists',
  deploy: changes,
  push: changes,
  update: changes,
  plan: 'diff shows what would change; diff --out writes the changes to a file, and sync --plan applies the file',
  preview: changes,
  check: checks,
  lint: checks,
  ping: checks,
  test: checks,
  validate: checks,
  status: `diff shows what sync would change; ${checks}`,
  describe: seen,
  get: seen,
  list: seen,
  ls: seen,
  refresh: seen,
  show: seen,
  delete: removal,
  destroy: removal,
  remove: removal,
  reset: removal,
  rm: removal,
  uninstall: removal,
  dump: 'render writes the decK file of the desired state; deck gateway dump writes what the control plane holds',
  export: 'render writes the decK file of the desired state',
  demo: 'sandbox shows the whole chain on this machine',
  daemon: worker,
  run: worker,
  serve: `${worker}; sandbox --serve serves a sandbox`,
  start: worker,
  watch: worker,
  complete: 'completion bash (zsh, fish) prints the completion script of the shell',
};

/**
 * Converts arguments to our verbs: `help VERB` becomes `VERB --help`. Throws PrivatelinkError
 * (CONFIG_INVALID) for a verb of another tool.
 */
export function asOurs(argv: readonly string[], isVerb: (word: string) => boolean): readonly string[] {
  const [first, second] = argv.filter((one) => one !== '--json');
  const [word, isHelp] = first === 'help' ? [second, true] : [first, false];
  if (word !== undefined && Object.hasOwn(foreignWords, word)) throw foreign(word);
  if (!isHelp) return argv;
  if (word === undefined) return ['--help'];
  return isVerb(word) ? [word, '--help'] : [word];
}

function foreign(word: string): PrivatelinkError {
  const fix = foreignWords[word];
  return new PrivatelinkError(`kong-privatelink has no verb ${word}`, { code: 'CONFIG_INVALID', fix });
}
