import { createHash } from 'node:crypto';
import { readRegularNow } from '#io/files';

/** Time between two looks at the files. */
const pollMs = 1_000;

/**
 * Calls `onChange` when the content or the list of files changes, until `signal` aborts. An
 * unreadable file is a change too.
 */
export function watchFiles(paths: () => readonly string[], onChange: () => void, signal: AbortSignal): void {
  const contentHashes = () => paths().map(contentHash).join();
  let before = contentHashes();
  const timer = setInterval(() => {
    const now = contentHashes();
    if (now === before) return;
    before = now;
    onChange();
  }, pollMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Returns a short hash of a file. An unreadable file, such as a pipe, has its own value. */
export function contentHash(path: string): string {
  try {
    return createHash('sha256').update(readRegularNow(path)).digest('hex');
  } catch {
    return 'unreadable';
  }
}

export type Reloadable<T> = {
  readonly current: () => T;
  /** Opens again and returns whether this succeeded. After a failure the old value stays in use. */
  readonly reload: (onFailure: (thrown: unknown) => void) => boolean;
  readonly replace: (next: T) => void;
};

/**
 * A value that is opened from the configuration, and again on changes. Throws the error of the
 * first `open`.
 */
export function createReloadable<T>(open: () => T): Reloadable<T> {
  let current = open();
  return {
    current: () => current,
    replace: (next) => {
      current = next;
    },
    reload: (onFailure) => {
      try {
        current = open();
        return true;
      } catch (thrown) {
        onFailure(thrown);
        return false;
      }
    },
  };
}
