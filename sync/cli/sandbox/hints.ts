import { dirname, join } from 'node:path';
import type { Terminal } from '#io/terminal';
import type { Files } from '#sandbox/configuration';
import type { Experiment } from '#sandbox/estates/estate';
import { called, calling } from '../called';

/** Variables that AWS's own tools prefer to the files of the sandbox. */
const preferred = [
  ...['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL'],
];

/**
 * Returns the commands for another shell: variables that lead to the sandbox, the path of the
 * configuration, and a line for each verb. `env`: environment of the sandbox's shell, most likely
 * the same in the other shell.
 */
export function commandsFor(
  reached: Pick<Files, 'env'>,
  verbs: readonly string[],
  { env }: Pick<Terminal, 'env'>,
): string {
  const inTheWay = preferred.filter((name) => env[name] !== undefined);
  const unset = inTheWay.length > 0 ? [`unset ${inTheWay.join(' ')}`] : [];
  const variables = Object.entries(reached.env).map(([name, value]) => `${name}=${value}`);
  const place = calling.folder === undefined ? [] : [`cd ${calling.folder}`];
  return lines([...place, ...unset, `export ${variables.join(' ')}`, ...verbs.map((verb) => commandOf(verb))]);
}

/** Returns an example change of the configuration that needs only the verbs. */
export function formatChange({ configPath }: Pick<Files, 'configPath'>): string {
  const changed = join(dirname(configPath), 'changed.yaml');
  const edit = `sed 's/"plugins"/"healthcheck":{"intervalSeconds":2},"plugins"/' ${configPath} > ${changed}`;
  return lines([edit, `${commandOf('diff')} -c ${changed}`, `${commandOf('sync')} -c ${changed}`]);
}

/** Returns an example change of AWS with the AWS CLI, and the commands that show its effect. */
export function formatExperiment({ what, command }: Experiment): string {
  return `Change AWS with its own command line (pip install awscli): ${what}.
See the difference, and write it:
${lines([command, commandOf('diff'), commandOf('sync')])}docs/sandbox.md lists what this AWS answers, and for which keys.
`;
}

function commandOf(verb: string): string {
  return `${called} ${verb}`;
}

function lines(commands: readonly string[]): string {
  return commands.map((line) => `  ${line}\n`).join('');
}
