import { resolve } from 'node:path';
import type { Config } from './schema';

/** The configuration with its paths counted from the folder that it is in. */
export function withAbsolutePaths({ sources, controlPlane, watch, ...config }: Config, folder: string): Config {
  const absolute = (path: string) => resolve(folder, path);
  return {
    ...config,
    sources: withAbsoluteSources(sources, folder),
    controlPlane: withAbsolutePath(controlPlane, absolute),
    watch: watch.tls ? { ...watch, tls: { cert: absolute(watch.tls.cert), key: absolute(watch.tls.key) } } : watch,
    stateDir: absolute(config.stateDir),
    deck: { base: config.deck.base.map(absolute) },
  };
}

/** Whatever its type, `path` and the files of `tls` name files, and `binary` does unless it is a bare name, which is looked for on PATH. */
function withAbsolutePath(controlPlane: Config['controlPlane'], absolute: (path: string) => string) {
  const { path, binary, tls } = controlPlane as { path?: string; binary?: string; tls?: Record<string, string> };
  const files = ['ca', 'cert', 'key'].flatMap((name) => (tls?.[name] ? [[name, absolute(tls[name])] as const] : []));
  return {
    ...controlPlane,
    ...(path === undefined ? {} : { path: absolute(path) }),
    ...(binary?.includes('/') ? { binary: absolute(binary) } : {}),
    ...(tls ? { tls: { ...tls, ...Object.fromEntries(files) } } : {}),
  };
}

/** Whatever its type, `file` of a source names one. */
export function withAbsoluteSources(sources: Config['sources'], folder: string): Config['sources'] {
  return sources.map((one) => {
    const { file } = one as { readonly file?: string };
    return file === undefined ? one : { ...one, file: resolve(folder, file) };
  });
}
