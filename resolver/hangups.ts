export type Hangups = {
  /**
   * Calls `reload` for the signals since `hearHangups`, and for each later one. It never runs twice
   * at once: one run follows for all signals that came during a run.
   */
  readonly follow: (reload: () => Promise<void>) => void;
  readonly end: () => void;
};

/**
 * Handles SIGHUP from now on. Without a handler, a signal during the start would end the process.
 */
export function hearHangups(signals: NodeJS.EventEmitter = process): Hangups {
  let isDue = false;
  let isBusy = false;
  let reload: (() => Promise<void>) | undefined;

  async function run(): Promise<void> {
    if (isBusy || !reload) return;
    isBusy = true;
    while (isDue) {
      isDue = false;
      await reload();
    }
    isBusy = false;
  }

  const onSignal = () => {
    isDue = true;
    void run();
  };
  signals.on('SIGHUP', onSignal);
  return {
    follow: (how) => {
      reload = how;
      void run();
    },
    end: () => void signals.off('SIGHUP', onSignal),
  };
}
