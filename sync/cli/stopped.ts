/** A stop by a signal of the system. It is the abort reason for every verb. */
export class Stopped extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** Whether a person pressed Ctrl-C. Shells know this by its own exit code. */
export function isInterrupt(reason: unknown): boolean {
  return reason instanceof Stopped && reason.signal === 'SIGINT';
}
