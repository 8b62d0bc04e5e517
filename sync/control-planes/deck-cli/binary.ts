import type { DeckConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { runDeck } from './run';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs to reach the network from where it runs; everything else may be secret. */
const passedOn = /^(PATH|HOME|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no)_proxy)$/i;

/** The first version with `--json-output` on errors, and default lookups, as the parser expects them. */
const oldest = { major: 1, minor: 40 };
const versionTimeoutMs = 10_000;

/** `controlPlane.binary`, else DECK_BIN, else `deck` on PATH. */
export function binaryOf({ binary }: DeckConfig, env: Environment): string {
  return binary ?? (env.DECK_BIN || 'deck');
}

/** The environment of decK: the way to the network, the token, and the variables that base files read with `env "DECK_…"`. */
export function deckEnvironmentOf(
  { name, token }: DeckConfig,
  env: Environment,
  named: readonly string[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).flatMap(([key, value]) =>
    value !== undefined && (passedOn.test(key) || named.includes(key)) ? [[key, value] as const] : [],
  );
  const tokenName = name === undefined ? 'DECK_KONG_ADMIN_TOKEN' : 'DECK_KONNECT_TOKEN';
  return { ...Object.fromEntries(kept), ...(token === undefined ? {} : { [tokenName]: token }) };
}

/** Throws PrivatelinkError when the binary is no decK, or too old. */
export async function checkVersion(
  binary: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, out } = await runDeck({ binary, argv: ['version'], env, timeoutMs: versionTimeoutMs }, signal);
  const [, major, minor] = /^decK v(\d+)\.(\d+)/.exec(out) ?? [];
  if (exitCode !== 0 || major === undefined)
    throw unusable(`${binary} is not decK: \`${binary} version\` does not say so`);
  const isOld = Number(major) === oldest.major ? Number(minor) < oldest.minor : Number(major) < oldest.major;
  if (isOld) throw unusable(`${binary} is decK ${major}.${minor}, which is too old`);
}

function unusable(reason: string): PrivatelinkError {
  const fix = `install decK ${oldest.major}.${oldest.minor} or newer, or name it in controlPlane.binary or DECK_BIN`;
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix });
}
