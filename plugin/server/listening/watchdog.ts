export type Watchdog = {
  /** Takes note of a sign of life. */
  readonly hear: () => void;
  readonly stop: () => void;
};

export type WatchdogOptions = {
  readonly everyMs: number;
  /** Asks for a sign of life. */
  readonly ask: () => void;
  /** Told once that none came. */
  readonly onSilence: () => void;
};

/** In a row, so that a machine that slept, or a turn of the event loop that took long, is no silence. */
const maxUnanswered = 5;

/** Asks again and again, until as many questions in a row went unanswered as nobody who is merely busy leaves so. */
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
