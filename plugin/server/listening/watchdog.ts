export type Watchdog = {
  /** Records a sign of life. */
  readonly hear: () => void;
  readonly stop: () => void;
};

export type WatchdogOptions = {
  readonly everyMs: number;
  /** Asks for a sign of life. */
  readonly ask: () => void;
  /** Called once when no sign of life came. */
  readonly onSilence: () => void;
};

/**
 * This many unanswered questions in a row. A sleeping machine, or one long turn of the event loop,
 * is no silence then.
 */
const maxUnanswered = 5;

/**
 * Asks repeatedly, until more questions in a row are unanswered than a busy process would leave.
 */
export function startWatchdog({ everyMs, ask, onSilence }: WatchdogOptions): Watchdog {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered < maxUnanswered) {
      unanswered += 1;
      ask();
      return;
    }
    stop();
    onSilence();
  }, everyMs).unref();

  function stop(): void {
    clearInterval(timer);
  }

  return {
    hear: () => {
      unanswered = 0;
    },
    stop,
  };
}
