import type { Config } from '#config/schema';
import { contentHash } from './reload';

/** Settings that a worker reads only at its start. */
export type Fixed = Readonly<Record<'listen' | 'tls' | 'token', string>>;

/** Returns the settings of the start. The files of `watch.tls` are included with their content. */
export function fixedOf({ listen, tls, token = '' }: Config['watch']): Fixed {
  const files = tls ? [tls.cert, tls.key] : [];
  return { listen, tls: files.map((file) => `${file} ${contentHash(file)}`).join(), token };
}

/** Returns a warning for each changed setting. It never contains a token. */
export function needsRestart(started: Fixed, now: Fixed): readonly string[] {
  const warn = (name: keyof Fixed, what: string) =>
    started[name] === now[name] ? [] : [`watch.${name} ${what}: restart the worker to apply it`];
  return [
    ...warn('listen', `is ${now.listen}, and the worker listens on ${started.listen}`),
    ...warn('tls', 'differs from the files that the worker uses'),
    ...warn('token', 'differs from the token that the worker uses'),
  ];
}
