#!/usr/bin/env node
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { formatProblem, PrivatelinkError } from '#core/errors';
import { createLogger, giveUpWith, problemsOf } from '#data-plane/log';
import { unreferencedClock } from '#io/clock';
import { lossProblem, openOutput } from '#io/output';
import { whyClosedToKong } from './listening/listen';
import { supervise } from './listening/supervise';
import { isDump, parseOptions, type ServerOptions, socketPathOf } from './options';
import { servingFlags } from './serving/flags';

/**
 * Prints a dump, or listens on behalf of the serving process (serving/main.ts). The serving
 * process has all the work that may fail or use memory.
 */

/**
 * A hanging process is killed after five unanswered calls. Kong lets requests wait 10 s for an
 * instance that another request starts, and then answers 500.
 */
const askEveryMs = 1_000;

const logger = createLogger('kong-privatelink-pluginserver');
const giveUp = giveUpWith(logger);
process.on('uncaughtException', giveUp);

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  if (!isDump(options)) return listen(options, argv);
  // Loaded only for a dump: the listening process does not need these modules.
  const { dump } = await import('./run');
  const out = openOutput(1);
  out.write(`${dump({ ...options, env: process.env, onProblem: problemsOf(logger) })}\n`);
  const loss = await out.reason();
  if (loss) throw new PrivatelinkError(lossProblem(loss).reason, { ...lossProblem(loss), code: 'STATE', cause: loss });
}

async function listen(options: ServerOptions, argv: readonly string[]): Promise<void> {
  const socketPath = socketPathOf(options);
  const onProblem = problemsOf(logger);
  const { stop } = await supervise({
    socketPath,
    isForAll: options.sockForAll,
    startServing: () =>
      fork(join(__dirname, 'serving/main.js'), argv, { execArgv: [...process.execArgv, ...servingFlags] }),
    askEveryMs,
    clock: unreferencedClock,
    onServing: (servingPid) => logger.info({ socketPath, servingPid }, 'listening'),
    onProblem,
    onEnd: (code) => process.exit(code),
  });
  const stopOn = (signal: string) => {
    logger.info({ signal }, 'stopping');
    stop();
  };
  process.once('SIGTERM', stopOn);
  process.once('SIGINT', stopOn);
  const closed = whyClosedToKong(socketPath);
  if (closed) onProblem(formatProblem(closed));
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  // Commander has printed its message. Code 0 is that of --help.
  if (thrown instanceof CommanderError) process.exit(thrown.exitCode);
  giveUp(thrown);
});
