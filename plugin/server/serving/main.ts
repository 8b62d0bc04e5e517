import { openSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import { messageOf } from '#core/errors';
import { createLogger, giveUpWith, problemsOf } from '#data-plane/log';
import { parseOptions } from '../options';
import { serve } from '../run';
import type { FromServing, ToServing } from './messages';

/**
 * The serving process. The listening process (main.ts) starts it, and hands it a connection for
 * each request.
 */

/** Kong kills a plugin server soon after the request to end. */
const stopTimeoutMs = 4_500;
/** About the time that Kong takes to close an ended connection. */
const roomAfterMs = 10;
/**
 * Reserved file descriptors: this process, which can free some, then runs out before the listening
 * process does.
 */
const heldDescriptors = 16;

const logger = createLogger('kong-privatelink-pluginserver');

// This process may lose one request, but never the state that all other requests need.
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
      // At once: from now on Node reads from the connection, and bytes read before `next` is sent
      // are lost with this process.
      server.accept(connection.once('close', () => tell(number)));
      tell('next');
    } else if (!hasArrived) {
      // No file descriptor was left for the connection.
      server.makeRoom();
      tell('lost');
      setTimeout(tell, roomAfterMs, 'next');
    }
    hasArrived = connection instanceof Socket;
  });
  process.once('SIGTERM', stop);
  // Also when the listening process was killed: Kong starts both again.
  process.once('disconnect', stop);
  // On a terminal both processes get the signal, and the listening one decides.
  process.on('SIGINT', () => {});
  tell('next');
}

main().catch(giveUpWith(logger));
