import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig, loadDataPlaneConfig } from '#config/file';
import { messageOf } from '#core/errors';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const main = `owner: team
sources: [{ name: hub, type: static, endpoints: [{ domain: sd2, addresses: ["10.0.1.11"] }] }]
controlPlane: { type: konnect, name: prod, token: x }
include: [adopted.yaml]
`;

function load(included: string | undefined, more = '') {
  const path = join(folder, 'kong-privatelink.yaml');
  writeFileSync(path, main + more);
  if (included !== undefined) writeFileSync(join(folder, 'adopted.yaml'), included);
  return loadConfig({ path, env: { PATHS: '/health' } });
}

function saidOf(...given: Parameters<typeof load>): string {
  try {
    load(...given);
    return 'nothing';
  } catch (thrown) {
    return messageOf(thrown);
  }
}

describe('include', () => {
  it('adds domain settings and protected names from files beside the configuration', () => {
    const config = load(
      'domains: { sd2: { adopted: { service: payments, routes: [a, b] } }, sd3: { via: resolver } }\nprotect: [sd3, "route:sd2"]\n',
      'domains: { sd2: { tlsVerify: true } }\nprotect: [sd2]\n',
    );

    expect(config.domains).toEqual({
      sd2: { tlsVerify: true, adopted: { service: 'payments', routes: ['a', 'b'] } },
      sd3: { via: 'resolver' },
    });
    expect(config.protect).toEqual(['sd2', 'sd3', 'route:sd2']);
    expect(config.include).toEqual([join(folder, 'adopted.yaml')]);
  });

  it('fills in variables in these files too', () => {
    expect(load(`domains: { sd2: { healthcheck: { path: "\${PATHS}" } } }`).domains.sd2).toEqual({
      healthcheck: { path: '/health' },
    });
  });

  it.each([
    ['a missing file', undefined, /no configuration file at .*adopted\.yaml \(named by include in .*bring it back/],
    ['a key that has no place there', 'owner: other', /adopted\.yaml.*owner: unknown key/s],
    ['invalid YAML', 'domains: [', /adopted\.yaml/],
    [
      'an entity of an unknown kind',
      'protect: ["consumer:x"]',
      /adopted\.yaml.*protect\[0\]: a domain \(sd2\), or an entity/s,
    ],
    [
      'an adopted domain with a generated route',
      'domains: { sd2: { adopted: { service: a }, route: true } }',
      /an adopted domain keeps the routes/,
    ],
  ])('names the file with %s', (_, text, said) => {
    expect(saidOf(text)).toMatch(said);
  });

  it('refuses two files with settings for one domain', () => {
    const said = saidOf('domains: { sd2: { tlsVerify: false } }', 'domains: { sd2: { tlsVerify: true } }');

    expect(said).toMatch(
      /domains\.sd2\.tlsVerify stands in .*kong-privatelink\.yaml and in .*adopted\.yaml; remove it from one/,
    );
  });

  it('is not read on a data plane', () => {
    const path = join(folder, 'kong-privatelink.yaml');
    writeFileSync(path, main);

    expect(loadDataPlaneConfig({ path, env: {} }).owner).toBe('team');
  });
});
