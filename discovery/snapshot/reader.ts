import type { SnapshotConfig } from '#config/schema';
import { messageOf, PrivatelinkError } from '#core/errors';
import { lazy } from '#core/timing/lazy';
import { readRegular } from '#io/files';
import { maxSnapshotBytes } from './bounds';
import type { ReaderOptions, ReadSnapshot } from './text';

/** Reads the file or the URL of the source. */
export function createSnapshotReader(config: SnapshotConfig, options: ReaderOptions = {}): ReadSnapshot {
  const from = describeSource(config);
  const { url, token } = config;
  if (!url) return fileReader(config.file ?? '', from, options);
  // A reader of a file saves the memory of the HTTP client.
  const loaded = lazy(async () => (await import('./url-reader')).createUrlReader({ url, token, from }, options));
  return async (etag, signal) => (await loaded())(etag, signal);
}

/** Source and place, for messages. The query is left out: it may hold a signature. */
export function describeSource({ name, file, url }: SnapshotConfig): string {
  if (!url) return `source ${name}, ${file}`;
  const { origin, pathname } = new URL(url);
  return `source ${name}, ${origin}${pathname}`;
}

function fileReader(file: string, from: string, { maxBytes = maxSnapshotBytes }: ReaderOptions): ReadSnapshot {
  return async (_, signal) => {
    try {
      // One byte more than allowed, so that the check of the text finds it too long.
      return { text: await readRegular(file, { signal, mostBytes: maxBytes + 1 }) };
    } catch (cause) {
      signal.throwIfAborted();
      const fix = 'write it with kong-privatelink discover --out FILE, where this user may read it';
      const reason = `${from}: the snapshot cannot be read (${messageOf(cause)})`;
      throw new PrivatelinkError(reason, { code: 'UNREACHABLE', fix, cause });
    }
  };
}
