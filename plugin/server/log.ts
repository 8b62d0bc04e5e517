import pino, { type Logger } from 'pino';
import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { limitRate } from '../limit-rate';

/** Standard output is the dump's; Kong logs standard error too. */
export function createLogger(): Logger {
  return pino({ base: { server: 'kong-privatelink-pluginserver' } }, openOutput(2));
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
