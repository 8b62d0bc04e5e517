/** The text of a snapshot. `etag` names its version when the server sends one. */
export type SnapshotText = { readonly text: string; readonly etag?: string };

/**
 * Returns undefined when the version of `etag` is still current. Throws PrivatelinkError, or the
 * signal's reason.
 */
export type ReadSnapshot = (etag: string | undefined, signal: AbortSignal) => Promise<SnapshotText | undefined>;

export type ReaderOptions = {
  /** For the whole answer; default 10 s. */
  readonly timeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
};
