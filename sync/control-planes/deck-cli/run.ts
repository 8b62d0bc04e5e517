import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { messageOf, PrivatelinkError } from '#core/errors';
import { isMissingFile } from '#io/files';

export type DeckCommand = {
  readonly binary: string;
  readonly argv: readonly string[];
  /** decK's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Text for standard input. */
  readonly input?: string;
  readonly timeoutMs: number;
  /** Limit of standard output and error together; default 64 Mi. */
  readonly mostChars?: number;
};

export type DeckResult = { readonly exitCode: number; readonly out: string; readonly err: string };

/**
 * decK's largest output is a dump: Konnect's documented 10,000 entities of each of five kinds, with
 * 1.3 KB each.
 */
const defaultMostChars = 64 * 2 ** 20;

/**
 * Time for decK to end by itself after SIGTERM: a killed decK leaves half a sync. A stop may take
 * 10 s, and sync/control-planes/apply.ts lets decK run for 8 s first.
 */
const defaultGraceMs = 1_500;

/**
 * Runs decK to its end. A decK that takes too long, writes too much, or is stopped, is asked to
 * end, and killed `graceMs` later (fm-54). Throws PrivatelinkError when decK cannot be run, took
 * too long or wrote too much; throws the signal's reason when stopped.
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

function spawnDeck(command: DeckCommand, { stop, graceMs }: Stopping): Promise<DeckResult> {
  const { binary, argv, env, input = '' } = command;
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [...argv], { env, stdio: 'pipe' });
    let killer: NodeJS.Timeout | undefined;
    const kill = () => {
      child.kill('SIGKILL');
      // Children of decK may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const end = () => {
      child.kill('SIGTERM');
      killer ??= setTimeout(kill, graceMs).unref();
    };
    const release = () => {
      clearTimeout(killer);
      stop.removeEventListener('abort', end);
    };
    stop.addEventListener('abort', end, { once: true });
    const output = collectOutput(child, command.mostChars ?? defaultMostChars, end);
    child.once('error', (cause) => {
      release();
      reject(notRunnable(binary, cause));
    });
    child.once('close', (code) => {
      release();
      const { isTooLong, ...written } = output;
      if (isTooLong) reject(tooLong(command));
      else resolve({ exitCode: code ?? -1, ...written });
    });
    // decK may end before it has read everything. Its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

type Output = { out: string; err: string; isTooLong: boolean };

/** Collects decK's output. Beyond `mostChars` nothing is kept, and `onExcess` is called. */
function collectOutput(child: ChildProcessWithoutNullStreams, mostChars: number, onExcess: () => void): Output {
  const output: Output = { out: '', err: '', isTooLong: false };
  const keep = (key: 'out' | 'err') => (text: string) => {
    output.isTooLong ||= output.out.length + output.err.length + text.length > mostChars;
    if (output.isTooLong) onExcess();
    else output[key] += text;
  };
  child.stdout.setEncoding('utf8').on('data', keep('out'));
  child.stderr.setEncoding('utf8').on('data', keep('err'));
  return output;
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

function tooLong({ binary, argv, mostChars = defaultMostChars }: DeckCommand): PrivatelinkError {
  const reason = `${binary} ${argv.slice(0, 2).join(' ')} wrote more than ${mostChars} characters and was stopped`;
  return new PrivatelinkError(reason, {
    code: 'CONTROL_PLANE',
    fix: 'check that controlPlane.binary, or DECK_BIN, names decK, and that its control plane is the right one',
  });
}
