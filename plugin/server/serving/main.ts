import { Socket } from 'node:net';
import { messageOf } from '#core/errors';
import { createLogger, giveUpWith, problemsOf } from '../log';
import { parseOptions } from '../options';
import { serve } from '../run';
import type { FromServing, ToServing } from './messages';

/** The process that serves: the one that listens (main.ts) starts it, and hands it a connection each time it asks. */

/** Kong kills a plugin server soon after it asked it to end. */
const stopTimeoutMs = 4_500;

const logger = createLogger();

// The rule of this process: one request may be lost, never what all others need.
process.on('uncaughtException', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));
process.on('unhandledRejection', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));

async function main(): Promise<void> {
  const server = await serve({
    ...parseOptions(process.argv.slice(2)),
    env: process.env,
    onProblem: problemsOf(logger),
  });
  const tell = (message: FromServing) => process.send?.(message, () => {});
  const stop = () => {
    setTimeout(() => process.exit(0), stopTimeoutMs).unref();
    void server.drain().then(() => process.exit(0));
  };
  process.on('message', (message: ToServing, connection) => {
    if (message === 'alive?') {
      tell('alive');
      return;
    }
    if (connection instanceof Socket) server.accept(connection.once('close', () => tell(message)));
    tell('next');
  });
  process.once('SIGTERM', stop);
  // Also when the process that listens was killed: Kong starts both anew.
  process.once('disconnect', stop);
  // From a terminal both get it, and the other one tells.
  process.on('SIGINT', () => {});
  tell('next');
}

main().catch(giveUpWith(logger));
