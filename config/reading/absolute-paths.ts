import { resolve } from 'node:path';
import type { Config } from '../schema';
import type { StagedConfig, StageEntry } from '../stages';

/** Resolves the paths of the configuration against its folder. */
export function withAbsolutePaths({ sources, entries, watch, ...config }: StagedConfig, folder: string): StagedConfig {
  const absolute = (path: string) => resolve(folder, path);
  return {
    ...config,
    sources: withAbsoluteSources(sources, folder),
    entries: entries.map((entry) => withAbsolutePath(entry, absolute)),
    watch: watch.tls ? { ...watch, tls: { cert: absolute(watch.tls.cert), key: absolute(watch.tls.key) } } : watch,
    stateDir: absolute(config.stateDir),
    deck: { base: config.deck.base.map(absolute) },
    include: config.include.map(absolute),
  };
}

/**
 * In every type `path` and the files of `tls` name files. `binary` does too, unless it is a bare
 * name, which is searched on PATH.
 */
function withAbsolutePath<T extends StageEntry>(entry: T, absolute: (path: string) => string): T {
  const { controlPlane } = entry;
  const { path, binary, tls } = controlPlane as { path?: string; binary?: string; tls?: Record<string, string> };
  const files = ['ca', 'cert', 'key'].flatMap((name) => (tls?.[name] ? [[name, absolute(tls[name])] as const] : []));
  const named = {
    ...(path === undefined ? {} : { path: absolute(path) }),
    ...(binary?.includes('/') ? { binary: absolute(binary) } : {}),
    ...(tls ? { tls: { ...tls, ...Object.fromEntries(files) } } : {}),
  };
  return { ...entry, controlPlane: { ...controlPlane, ...named } };
}

/** In every type `file` of a source names a file. */
export function withAbsoluteSources(sources: Config['sources'], folder: string): Config['sources'] {
  return sources.map((one) => {
    const { file } = one as { readonly file?: string };
    return file === undefined ? one : { ...one, file: resolve(folder, file) };
  });
}
