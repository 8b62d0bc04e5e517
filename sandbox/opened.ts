type Closable = { close(): unknown };

/** The opened resources so far. */
export type Opened = {
  /** Returns its argument. */
  add<T extends Closable>(one: T): T;
  /** Closes all of it, the last first. */
  close(): Promise<void>;
};

/**
 * Runs `open`, which adds each opened resource. When it throws, the resources are closed again, so
 * that nothing keeps the process alive.
 */
export async function openAll<T>(open: (opened: Opened) => Promise<T>): Promise<T> {
  const all: Closable[] = [];
  const opened: Opened = {
    add: (one) => {
      all.push(one);
      return one;
    },
    close: async () => {
      for (const one of all.splice(0).reverse()) await one.close();
    },
  };
  try {
    return await open(opened);
  } catch (thrown) {
    await opened.close();
    throw thrown;
  }
}
