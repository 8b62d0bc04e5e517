import type { DeckConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { runDeck } from './run';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that a program needs to reach the network. All others may be secret. */
const passedOn = /^(PATH|HOME|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no)_proxy)$/i;

/**
 * The first version with `--json-output` for errors, and with the default lookups that the parser
 * expects.
 */
const oldest = { major: 1, minor: 40 };
const versionTimeoutMs = 10_000;

/** `controlPlane.binary`, else DECK_BIN, else `deck` on PATH. */
export function binaryOf({ binary }: DeckConfig, env: Environment): string {
  return binary ?? (env.DECK_BIN || 'deck');
}

/**
 * Returns decK's environment: access to the network, access to the control plane, and the variables
 * that base files read with `env "DECK_…"`.
 */
export function deckEnvironmentOf(
  config: DeckConfig,
  env: Environment,
  named: readonly string[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(([key]) => passedOn.test(key) || named.includes(key));
  return withoutUnset([...kept, ...Object.entries(settingsOf(config))]);
}

/** decK's settings as variables, since everybody can see the command line of a process. */
function settingsOf({ name, token, tls = {}, headers = {} }: DeckConfig): Environment {
  const { ca, cert, key, serverName, skipVerify } = tls;
  // decK splits the list at spaces.
  const list = Object.entries(headers).map((pair) => pair.join(':'));
  return {
    [name === undefined ? 'DECK_KONG_ADMIN_TOKEN' : 'DECK_KONNECT_TOKEN']: token,
    DECK_CA_CERT_FILE: ca,
    DECK_TLS_CLIENT_CERT_FILE: cert,
    DECK_TLS_CLIENT_KEY_FILE: key,
    DECK_TLS_SERVER_NAME: serverName,
    DECK_TLS_SKIP_VERIFY: skipVerify ? 'true' : undefined,
    DECK_HEADERS: list.length > 0 ? list.join(' ') : undefined,
  };
}

function withoutUnset(entries: readonly (readonly [string, string | undefined])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** Throws PrivatelinkError when the binary is not decK, or too old. */
export async function checkVersion(
  binary: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, out } = await runDeck({ binary, argv: ['version'], env, timeoutMs: versionTimeoutMs }, signal);
  const [, major, minor] = /^decK v(\d+)\.(\d+)/.exec(out) ?? [];
  if (exitCode !== 0 || major === undefined)
    throw unusable(`${binary} is not decK: \`${binary} version\` does not name it`);
  const isOld = Number(major) === oldest.major ? Number(minor) < oldest.minor : Number(major) < oldest.major;
  if (isOld) throw unusable(`${binary} is decK ${major}.${minor}, which is too old`);
}

function unusable(reason: string): PrivatelinkError {
  const fix = `install decK ${oldest.major}.${oldest.minor} or newer, or name it in controlPlane.binary or DECK_BIN`;
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix });
}
