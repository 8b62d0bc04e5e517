import pino, { type Logger } from 'pino';
import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { limitRate } from './limit-rate';

/** The log of a server of this name, on standard error, which Kong logs too; standard output is for what was asked for. */
export function createLogger(server: string): Logger {
  return pino({ base: { server } }, openOutput(2));
}

/** Says each problem at most once a minute. */
export function problemsOf(logger: Logger): (reason: string) => void {
  const say = limitRate((reason) => logger.warn({ reason }, 'problem'));
  return (reason) => say(reason, '');
}

/** Says why this process cannot go on, and ends it: what is listening already must not keep it. */
export function giveUpWith(logger: Logger): (thrown: unknown) => never {
  return (thrown) => {
    logger.fatal({ reason: messageOf(thrown) }, 'cannot go on');
    process.exit(1);
  };
}
