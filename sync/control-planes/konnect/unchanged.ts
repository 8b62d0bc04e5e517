/** After this time it reads in any case, to see changes that the version does not show. */
const rememberMs = 10 * 60_000;

export type UnchangedOptions<T> = {
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** A version that changes with every change of the content. Undefined while it is unknown. */
  readonly readVersion: (signal: AbortSignal) => Promise<string | undefined>;
  readonly monotonicMs: () => number;
};

export type Remembering<T> = {
  readonly read: UnchangedOptions<T>['read'];
  /**
   * Makes the next call read in any case: the content is out of date, whatever the version says.
   */
  readonly forget: () => void;
};

/**
 * Reads again only after a change, or after ten minutes. The first two calls always read: one-shot
 * commands need no version, and a version that is read after the content could hide a change in
 * between (docs/decisions/0024-unchanged-control-plane.md).
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
