import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fixedOf, needsRestart } from '#sync/watch/restart';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  for (const name of ['cert.pem', 'key.pem']) writeFileSync(join(folder, name), 'first');
});

afterEach(() => rmSync(folder, { recursive: true }));

const configOf = () => ({
  intervalSeconds: 60,
  listen: '127.0.0.1:9543',
  token: 'first-secret',
  tls: { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') },
});

describe('needsRestart', () => {
  it.each<[string, Partial<ReturnType<typeof configOf>>, readonly string[]]>([
    ['nothing', {}, []],
    ['the interval', { intervalSeconds: 5 }, []],
    [
      'watch.listen',
      { listen: '127.0.0.1:1' },
      ['watch.listen is 127.0.0.1:1, and the worker listens on 127.0.0.1:9543: restart the worker to apply it'],
    ],
    [
      'watch.token, whose value it does not show',
      { token: 'other-secret' },
      ['watch.token differs from the token that the worker uses: restart the worker to apply it'],
    ],
    [
      'watch.tls',
      { tls: undefined },
      ['watch.tls differs from the files that the worker uses: restart the worker to apply it'],
    ],
  ])('names a setting that needs a restart where %s changed', (_, over, expected) => {
    expect(needsRestart(fixedOf(configOf()), fixedOf({ ...configOf(), ...over }))).toEqual(expected);
  });

  it('names a certificate that was renewed under its old name', () => {
    const started = fixedOf(configOf());
    writeFileSync(join(folder, 'cert.pem'), 'second');

    expect(needsRestart(started, fixedOf(configOf()))).toEqual([expect.stringContaining('watch.tls')]);
  });
});
