import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The built resolver as a process. */
export type ResolverProcess = {
  /** Ends it as the kernel does when memory runs out. */
  readonly kill: () => Promise<void>;
  /** Starts it again; it must have ended. */
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const program = resolve(__dirname, '../../../../dist/resolver/main.js');

/** Starts it in the environment of the test, and waits until it listens. */
export async function startResolverProcess(configPath: string, zoneId: string): Promise<ResolverProcess> {
  let child: ChildProcess | undefined;
  const start = async () => {
    const argv = [program, '-c', configPath, '--zone-id', zoneId, '--json'];
    child = spawn(process.execPath, argv, { env: process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    await listening(child);
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return { start, kill, close: kill };
}

/** With `--json` it prints a line then. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4_000);
    });
    child.stdout?.once('data', () => done());
    child.once('exit', () => fail(new Error(`the resolver ended before it listened:\n${said}`)));
  });
}
