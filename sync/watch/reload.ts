import { createHash } from 'node:crypto';
import { readRegularNow } from '#io/files';

/** The files are looked at this often. */
const pollMs = 1_000;

/** Calls `onChange` when the content of a file changes, or which files there are, until `signal` aborts; one that cannot be read is a change too. */
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

/** What a file holds, shortly; one that cannot be read, as a pipe, is told from all that can. */
export function contentHash(path: string): string {
  try {
    return createHash('sha256').update(readRegularNow(path)).digest('hex');
  } catch {
    return 'unreadable';
  }
}

export type Reloadable<T> = {
  readonly current: () => T;
  /** Opens anew and gives whether that could be done; what cannot be opened leaves the old one in use. */
  readonly reload: (onFailure: (thrown: unknown) => void) => boolean;
  readonly replace: (next: T) => void;
};

/** What is opened from the configuration, and again when that changes. Throws what the first `open` throws. */
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
