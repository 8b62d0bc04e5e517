export type Hangups = {
  /** Calls it for the signals that came since `hearHangups`, and for each one from now on: never twice at once, and once for all that come meanwhile. */
  readonly follow: (reload: () => Promise<void>) => void;
  readonly end: () => void;
};

/** Hears SIGHUP from now on: one that comes while this process still starts would else end it. */
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
