import type { Logger } from 'pino';
import type { Clock } from '#core/timing/clock';
import type { Conditions, Line } from './conditions';
import { linesOfPass, nothingSaid, type Passed } from './pass-lines';

/** Target of the lines. */
export type PassLog = Pick<Logger, Line['level']>;

type PassLogOptions = {
  readonly log: PassLog;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Called after each pass with the current conditions. */
  readonly onConditions?: (conditions: Conditions) => void;
};

/** Returns a function that logs the news of each pass. */
export function openPassLog({ log, clock, onConditions }: PassLogOptions): (passed: Passed) => void {
  let said = nothingSaid;
  return (passed) => {
    const { lines, ...next } = linesOfPass(said, passed, clock.monotonicMs());
    said = next.said;
    for (const { level, message, fields } of lines) log[level](fields, message);
    onConditions?.(said.conditions);
  };
}
