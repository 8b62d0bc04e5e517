import pino, { type Logger } from 'pino';
import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { limitRate } from './limit-rate';

/**
 * Creates the log of a server of this name, on standard error; Kong logs it too. Standard output is
 * for requested output.
 */
export function createLogger(server: string): Logger {
  return pino({ base: { server } }, openOutput(2));
}

/** Says each problem at most once a minute. */
export function problemsOf(logger: Logger): (reason: string) => void {
  const say = limitRate((reason) => logger.warn({ reason }, 'problem'));
  return (reason) => say(reason, '');
}

/**
 * Logs the reason of the end, and ends the process: a listener that is already open must not keep
 * it alive.
 */
export function giveUpWith(logger: Logger): (thrown: unknown) => never {
  return (thrown) => {
    logger.fatal({ reason: messageOf(thrown) }, 'cannot go on');
    process.exit(1);
  };
}
