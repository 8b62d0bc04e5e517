/** What a signal of the system stopped; the reason of the signal that every verb is given. */
export class Stopped extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** Whether a person stopped it with Ctrl-C, which shells and their scripts know by an exit code of its own. */
export function isInterrupt(reason: unknown): boolean {
  return reason instanceof Stopped && reason.signal === 'SIGINT';
}
