/** The text of a snapshot; `etag` names its version where the server gives one. */
export type SnapshotText = { readonly text: string; readonly etag?: string };

/** Gives undefined when the version that `etag` names is still the one. Throws PrivatelinkError, or the signal's reason. */
export type ReadSnapshot = (etag: string | undefined, signal: AbortSignal) => Promise<SnapshotText | undefined>;

export type ReaderOptions = {
  /** For the whole answer; default 10 s. */
  readonly timeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
};
