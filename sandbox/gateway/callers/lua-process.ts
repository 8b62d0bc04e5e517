import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { driverText } from './driver';

export type LuaProcessOptions = {
  /** LuaJIT; default: the one on PATH. */
  readonly program?: string;
  /** The handler of the plugin. */
  readonly handlerPath: string;
};

/** One LuaJIT process. */
export type LuaChild = {
  readonly pid: number | undefined;
  readonly tell: (fields: readonly string[]) => void;
  /**
   * Returns the answer to the `ask` of this id. Undefined: the process ended, or was killed after
   * no answer in time.
   */
  readonly answerTo: (id: string) => Promise<readonly string[] | undefined>;
};

export type LuaProcess = {
  /** Undefined while none runs. */
  readonly child: () => LuaChild | undefined;
  readonly close: () => Promise<void>;
};

const restartPauseMs = 100;
const answerTimeoutMs = 10_000;

/** Starts LuaJIT with the driver, and again whenever it ends, until it is closed. */
export function startLuaProcess(options: LuaProcessOptions): LuaProcess {
  let running: Running | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isClosed = false;
  function start(): void {
    const own = spawnChild(options);
    running = own;
    void own.ended.then(() => {
      running = undefined;
      if (!isClosed) restart = setTimeout(start, restartPauseMs).unref();
    });
  }
  start();
  return {
    child: () => running,
    close: async () => {
      isClosed = true;
      clearTimeout(restart);
      running?.kill();
      await running?.ended;
    },
  };
}

type Running = LuaChild & { readonly kill: () => void; readonly ended: Promise<void> };

function spawnChild({ program = 'luajit', handlerPath }: LuaProcessOptions): Running {
  const process = spawn(program, ['-e', driverText], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<string, (answer?: readonly string[]) => void>();
  const kill = () => void process.kill('SIGKILL');
  let isOver = false;
  const ended = endOf(process, kill).then(() => {
    isOver = true;
    for (const give of waiting.values()) give();
  });
  createInterface({ input: process.stdout }).on('line', (line) => {
    const fields = line.split('\t');
    waiting.get(fields[1] ?? '')?.(fields);
  });
  // A write to an ended process is lost; the end of the process tells the caller.
  process.stdin.on('error', () => undefined).write(`${handlerPath}\n`);
  const answerTo: LuaChild['answerTo'] = (id) =>
    new Promise((resolve) => {
      if (isOver) return resolve(undefined);
      const timer = setTimeout(kill, answerTimeoutMs).unref();
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      });
    });
  return {
    pid: process.pid,
    kill,
    ended,
    answerTo,
    tell: (fields) => void process.stdin.write(`${fields.join('\t')}\n`),
  };
}

/** Resolves when it ended, or could not be started; it goes with this process. */
function endOf(child: ChildProcess, kill: () => void): Promise<void> {
  process.once('exit', kill);
  return new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  }).finally(() => process.off('exit', kill));
}
