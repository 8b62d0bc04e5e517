import { spawn } from 'node:child_process';
import { messageOf, PrivatelinkError } from '#core/errors';
import { isMissingFile } from '#io/files';

export type DeckCommand = {
  readonly binary: string;
  readonly argv: readonly string[];
  /** All that decK sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: string;
  readonly timeoutMs: number;
};

export type DeckResult = { readonly exitCode: number; readonly out: string; readonly err: string };

/** decK that is killed leaves half a sync: it gets this long to end by itself, within the 10 s that a stop may take (sync/control-planes/apply.ts lets it go on for 8 s first). */
const defaultGraceMs = 1_500;

/**
 * Runs decK to its end; one that takes too long, or is stopped, is asked to end and killed `graceMs` later.
 * Throws PrivatelinkError when it cannot be run or took too long, the signal's reason when stopped.
 */
export async function runDeck(
  command: DeckCommand,
  signal: AbortSignal,
  graceMs: number = defaultGraceMs,
): Promise<DeckResult> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const result = await spawnDeck(command, { stop: AbortSignal.any([signal, timeout]), graceMs });
  signal.throwIfAborted();
  if (timeout.aborted) throw tooSlow(command);
  return result;
}

type Stopping = { readonly stop: AbortSignal; readonly graceMs: number };

function spawnDeck({ binary, argv, env, input = '' }: DeckCommand, { stop, graceMs }: Stopping): Promise<DeckResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [...argv], { env, stdio: 'pipe' });
    const output = { out: '', err: '' };
    let killer: NodeJS.Timeout | undefined;
    const end = () => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
    };
    const release = () => {
      clearTimeout(killer);
      stop.removeEventListener('abort', end);
    };
    stop.addEventListener('abort', end, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.err += text;
    });
    child.once('error', (cause) => {
      release();
      reject(notRunnable(binary, cause));
    });
    child.once('close', (code) => {
      release();
      resolve({ exitCode: code ?? -1, ...output });
    });
    // decK may end before it has read everything; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function notRunnable(binary: string, cause: unknown): PrivatelinkError {
  const reason = isMissingFile(cause) ? `there is no decK at ${binary}` : `decK cannot be run: ${messageOf(cause)}`;
  const fix = 'install decK 1.40 or newer and put it on PATH, or name it in controlPlane.binary or DECK_BIN';
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix, cause });
}

function tooSlow({ binary, argv, timeoutMs }: DeckCommand): PrivatelinkError {
  const reason = `${binary} ${argv.slice(0, 2).join(' ')} took more than ${timeoutMs / 1_000} s and was stopped`;
  return new PrivatelinkError(reason, {
    code: 'TIMEOUT',
    fix: 'check that the control plane answers, and run sync again',
  });
}
