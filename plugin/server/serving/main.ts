import { openSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import { messageOf } from '#core/errors';
import { createLogger, giveUpWith, problemsOf } from '#data-plane/log';
import { parseOptions } from '../options';
import { serve } from '../run';
import type { FromServing, ToServing } from './messages';

/** The process that serves: the one that listens (main.ts) starts it, and hands it a connection each time it asks. */

/** Kong kills a plugin server soon after it asked it to end. */
const stopTimeoutMs = 4_500;
/** About what Kong takes to close a connection that ended. */
const roomAfterMs = 10;
/** File descriptors held for nothing, so that this process, which can make room, is without one before the process that listens is. */
const heldDescriptors = 16;

const logger = createLogger('kong-privatelink-pluginserver');

// The rule of this process: one request may be lost, never what all others need.
process.on('uncaughtException', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));
process.on('unhandledRejection', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));

async function main(): Promise<void> {
  for (let held = 0; held < heldDescriptors; held += 1) openSync(devNull, 'r');
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
  let hasArrived = false;
  process.on('message', (number: ToServing, connection) => {
    if (connection instanceof Socket) {
      // At once: Node reads from it from now on, and what is read before `next` is told is lost with this process.
      server.accept(connection.once('close', () => tell(number)));
      tell('next');
    } else if (!hasArrived) {
      // No file descriptor was left for it.
      server.makeRoom();
      tell('lost');
      setTimeout(tell, roomAfterMs, 'next');
    }
    hasArrived = connection instanceof Socket;
  });
  process.once('SIGTERM', stop);
  // Also when the process that listens was killed: Kong starts both anew.
  process.once('disconnect', stop);
  // From a terminal both get it, and the other one tells.
  process.on('SIGINT', () => {});
  tell('next');
}

main().catch(giveUpWith(logger));
