/** Somebody's change that the version does not show is seen after this all the same. */
const rememberMs = 10 * 60_000;

export type UnchangedOptions<T> = {
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** What changes with every change of what is read; undefined while it cannot be told. */
  readonly readVersion: (signal: AbortSignal) => Promise<string | undefined>;
  readonly monotonicMs: () => number;
};

export type Remembering<T> = {
  readonly read: UnchangedOptions<T>['read'];
  /** Lets the next call read in any case: what was read is not what is there any more, whatever the version says. */
  readonly forget: () => void;
};

/**
 * Reads again only what has changed since it was last read, or ten minutes after. The first two calls read in any case: one-shot commands
 * pay for no version, and a version that was read after the content would hide a change between the two (docs/decisions/0024-unchanged-control-plane.md).
 */
export function rememberUnchanged<T>({ read, readVersion, monotonicMs }: UnchangedOptions<T>): Remembering<T> {
  let isFirst = true;
  let kept: { readonly version: string; readonly value: T; readonly atMs: number } | undefined;
  return {
    read: async (signal) => {
      const version = isFirst ? undefined : await readVersion(signal);
      isFirst = false;
      if (kept && kept.version === version && monotonicMs() - kept.atMs < rememberMs) return kept.value;
      kept = undefined;
      const value = await read(signal);
      if (version !== undefined) kept = { version, value, atMs: monotonicMs() };
      return value;
    },
    forget: () => {
      kept = undefined;
    },
  };
}
