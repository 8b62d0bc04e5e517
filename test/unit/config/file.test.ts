import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadCallersConfig, loadConfig, loadDataPlaneConfig } from '#config/file';
import { messageOf, PrivatelinkError } from '#core/errors';
import { onlyConfig } from '../../support/control-planes/only-config';

const token = 'kpat_secret';
const variable = (name: string) => `\${${name}}`;
const smallest = `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]
controlPlane: { type: konnect, name: prod, token: "${variable('KONNECT_TOKEN')}" }
`;
const secondSource = (source: string) =>
  smallest.replace('regions: [us-east-1] }]', `regions: [us-east-1] }, ${source}]`);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string, env: Readonly<Record<string, string>> = { KONNECT_TOKEN: token }) {
  const path = join(folder, 'kong-privatelink.yaml');
  writeFileSync(path, text);
  return onlyConfig(loadConfig({ path, env }));
}

/** The message of the error that refuses a configuration. */
function refusalOf(text: string, env?: Readonly<Record<string, string>>): string {
  try {
    load(text, env);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID', transient: false });
    return messageOf(thrown);
  }
  throw new Error('the configuration was accepted');
}

/** Each line holds the line before nine times. */
function bombOf(levels: number): string {
  const line = (level: number) =>
    `l${level}: &l${level} [${Array(9)
      .fill(level === 0 ? 'x' : `*l${level - 1}`)
      .join(', ')}]\n`;
  return Array.from({ length: levels }, (_, level) => line(level)).join('');
}

const plane = (text: string) => smallest.replace(/controlPlane: .*/, `controlPlane: ${text}`);
const admin = (more: string) => plane(`{ type: admin, address: "https://kong.example:8444", ${more} }`);

describe('the connection settings of a control plane', () => {
  it('fm-61 resolve files from the folder of the configuration, and keep the rest unchanged', () => {
    const tls = '{ ca: ca.pem, cert: /etc/client.pem, key: keys/client.key, serverName: kong, skipVerify: true }';

    expect(load(admin(`tls: ${tls}, headers: { x-tenant: blue }`)).controlPlane).toMatchObject({
      tls: {
        ca: join(folder, 'ca.pem'),
        cert: '/etc/client.pem',
        key: join(folder, 'keys/client.key'),
        serverName: 'kong',
        skipVerify: true,
      },
      headers: { 'x-tenant': 'blue' },
    });
  });

  it.each([
    ['Konnect', 'https://gateway.example/konnect', '{ type: konnect, name: prod, token: x'],
    ['Konnect through decK', 'https://gateway.example/konnect', '{ type: deck, name: prod, token: x'],
    ...['admin', 'dbless', 'deck'].map(
      (type) => [`an Admin API (${type})`, 'https://gateway.example/kong/v1', `{ type: ${type}`] as const,
    ),
  ])('fm-61 accept an address of %s with a path', (_, address, rest) => {
    expect(load(plane(`${rest}, address: "${address}" }`)).controlPlane).toMatchObject({ address });
  });

  it.each([
    [admin('tls: { serverName: "kong example" }'), 'controlPlane.tls.serverName: a name or an address'],
    [admin('tls: { cert: client.pem }'), 'controlPlane.tls: a certificate needs its key: give both cert and key'],
    [
      admin('tls: { ca: ca.pem }').replace('https://kong.example', 'http://127.0.0.1'),
      'controlPlane.tls: TLS is spoken',
    ],
    [
      admin('headers: { Kong-Admin-Token: geheim }'),
      'controlPlane.headers.Kong-Admin-Token: give kong-admin-token as token',
    ],
    [admin('headers: { Host: geheim }'), 'controlPlane.headers.Host: a header that may be chosen'],
    [admin('headers: { "a b": geheim }'), 'controlPlane.headers.a b: the name of a header'],
    [admin('headers: { x-a: "geheim\\nx-b: geheim" }'), 'controlPlane.headers.x-a: the value of a header'],
    [
      plane('{ type: konnect, name: prod, token: x, headers: { authorization: geheim } }'),
      'controlPlane.headers.authorization: give authorization as token',
    ],
    [
      plane('{ type: konnect, name: prod, token: x, tls: { skipVerify: true } }'),
      'controlPlane.tls.skipVerify: unknown key',
    ],
    [
      plane('{ type: deck, address: "https://x.example", name: prod, token: x, tls: { skipVerify: true } }'),
      'controlPlane.tls.skipVerify: whoever is on the way',
    ],
    [
      plane('{ type: deck, address: "https://x.example", headers: { authorization: "Basic geheim" } }'),
      'controlPlane.headers: decK takes no header whose value has a space',
    ],
    [
      plane('{ type: admin, address: "https://bob:geheim@kong.example" }'),
      'controlPlane.address: an address without user and password: give them as token, or in headers as authorization',
    ],
    ...['konnect', 'deck'].map((type): [string, string] => [
      plane(`{ type: ${type}, address: "https://x.example/v2", name: prod, token: x }`),
      'controlPlane.address: the address without the version of the API at its end, such as /v2: it is added',
    ]),
    [plane('{ type: konnect, address: "https://x.example?a=b", name: prod, token: x }'), 'the address without a query'],
    [
      secondSource('{ name: relay, type: snapshot, url: "https://bob:geheim@x.example/s" }'),
      'sources[1].url: an address without user and password: give token instead',
    ],
  ])('fm-61 are refused where they are unsafe, or have no effect (%#)', (text, said) => {
    expect(refusalOf(text)).toContain(said);
    expect(refusalOf(text)).not.toContain('geheim');
  });
});

describe('loadConfig', () => {
  it('fills in every default', () => {
    expect(load(smallest)).toMatchObject({
      owner: 'test',
      sources: [{ tags: { domain: 'kong:domain', gateway: 'kong:gateway' }, allow: {} }],
      domains: {},
      controlPlane: { address: 'https://us.api.konghq.com', concurrency: 4, token },
      policy: { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 },
      affinity: 'none',
      deck: { base: [] },
      watch: { intervalSeconds: 60, listen: '127.0.0.1:9543' },
      publish: [],
      stateDir: join(folder, '.kong-privatelink'),
    });
  });

  it('is frozen all the way down', () => {
    const { sources, policy } = load(smallest);

    expect([sources, sources[0], sources[0]?.allow, policy].map(Object.isFrozen)).toEqual([true, true, true, true]);
  });

  it("resolves relative paths against the file's folder and leaves absolute ones", () => {
    const text = `${secondSource('{ name: copy, type: snapshot, file: snapshot.json }')}
stateDir: state
deck: { base: [deck/base.yaml, /etc/base.yaml] }
watch: { tls: { cert: tls/cert.pem, key: tls/key.pem } }
`;

    expect(load(text)).toMatchObject({
      sources: [{}, { file: join(folder, 'snapshot.json') }],
      stateDir: join(folder, 'state'),
      deck: { base: [join(folder, 'deck/base.yaml'), resolve('/etc/base.yaml')] },
      watch: { tls: { cert: join(folder, 'tls/cert.pem'), key: join(folder, 'tls/key.pem') } },
    });
  });

  it('reads the file in KONG_PRIVATELINK_CONFIG, and -c before it', () => {
    const path = join(folder, 'other.yaml');
    writeFileSync(path, smallest.replace('owner: test', 'owner: other'));
    const env = { KONNECT_TOKEN: token, KONG_PRIVATELINK_CONFIG: path };

    expect(loadConfig({ env }).owner).toBe('other');
    expect(load(smallest, env).owner).toBe('test');
  });

  it('names the missing file, and the ways to name a file', () => {
    const path = join(folder, 'absent.yaml');

    const loading = () => loadConfig({ env: { KONG_PRIVATELINK_CONFIG: path } });

    expect(loading).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING' }));
    expect(loading).toThrow(path);
    expect(loading).toThrow(/-c FILE or KONG_PRIVATELINK_CONFIG/);
    expect(loading).toThrow('docs/reference/configuration.md');
  });

  it.each([
    ['named by -c', { path: 'absent.yaml', env: { KONG_PRIVATELINK_CONFIG: 'other.yaml' } }, 'absent.yaml'],
    ['named by $KONG_PRIVATELINK_CONFIG', { env: { KONG_PRIVATELINK_CONFIG: 'other.yaml' } }, 'other.yaml'],
    ['the default', { env: {} }, 'kong-privatelink.yaml'],
  ])('says how it found the path: %s', (origin, options, file) => {
    expect(() => loadConfig(options)).toThrow(`no configuration file at ${resolve(file)} (${origin}); `);
  });

  it('says which setting named an invalid file, on a data plane too', () => {
    const path = join(folder, 'invalid.yaml');
    writeFileSync(path, 'owner: test\n');
    const env = { KONG_PRIVATELINK_CONFIG: path };

    for (const load of [loadConfig, loadDataPlaneConfig])
      expect(() => load({ env })).toThrow('the configuration is not valid (named by $KONG_PRIVATELINK_CONFIG):\n');
  });

  it('names the fix for an unreadable file', () => {
    expect(() => loadConfig({ path: folder, env: {} })).toThrow(`cannot read ${folder} (named by -c); make it a file`);
  });

  it.each([
    ['in the middle of a text', `name: "a-${variable('NAME')}-c"`, 'a-b-c'],
    ['twice', `name: "${variable('NAME')}${variable('NAME')}"`, 'bb'],
    ['whose value looks like a variable, and is not read again', `name: "${variable('NESTED')}"`, variable('NAME')],
  ])('reads a variable %s', (_, text, name) => {
    const env = { KONNECT_TOKEN: token, NAME: 'b', NESTED: variable('NAME') };

    expect(load(smallest.replace('name: prod', text), env).controlPlane).toMatchObject({ name });
  });

  it.each([
    ['is not set', {}],
    ['is empty', { KONNECT_TOKEN: '' }],
  ])('names the variable and the field when it %s', (_, env) => {
    expect(refusalOf(smallest, env)).toContain('controlPlane.token: environment variable KONNECT_TOKEN is not set');
  });

  it('names the path of a field inside lists when its variable is not set', () => {
    expect(refusalOf(smallest.replace('[us-east-1]', `[us-east-1, "${variable('REGION')}"]`))).toContain(
      'sources[0].regions[1]: environment variable REGION',
    );
  });

  it.each([
    ['an open bracket', 'owner: test\nsources: [\n', /yaml:[23]:\d+: the file: /],
    ['a key given twice', `${smallest}owner: again\n`, /yaml:4:1: owner: stands twice, first in line 1: remove it/],
    ['an alias without anchor', `${smallest}affinity: *none\n`, /needs an anchor/],
    ['an alias within its anchor', `${smallest}domains: &a { sd9: *a }\n`, /within its own anchor/],
    ['aliases that multiply', `${smallest}${bombOf(9)}`, /multiply/],
    ['another document', `${smallest}---\nowner: other\n`, /yaml:4:1: the file: another document begins/],
    ['too many levels', `${smallest}deck: ${'['.repeat(5_000)}`, /the file: is nested deeper than 100 levels/],
  ])('names the place of a YAML mistake: %s', (_, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  it.each([
    ['', 'the file: write a mapping'],
    ['- a\n', 'the file: write a mapping'],
    [variable('KONNECT_TOKEN'), 'the file: write a mapping'],
    [variable('UNSET'), 'the file: environment variable UNSET is not set'],
    ['owner: test\n', 'sources: is required'],
    [`${smallest}sorces: []\n`, 'sorces: unknown key (did you mean sources?)'],
    [`${smallest}policy: { maxRemovePercent: 300 }\n`, 'policy.maxRemovePercent: '],
    [`${smallest}affinity: zone\n`, 'affinity: '],
    [`${smallest}domains: { "SD 2": {} }\n`, 'lowercase letters, digits and dashes'],
    [smallest.replace('regions: [us-east-1]', 'regions: [Virginia]'), 'sources[0].regions[0]: an AWS region'],
    [smallest.replace('regions: [us-east-1]', 'regions: []'), 'sources[0].regions: '],
    [smallest.replace('[us-east-1]', '[us-east-1, us-east-1]'), 'sources[0].regions[1]: same as item [0]'],
    [smallest.replace('type: vpc-endpoints', 'type: consul'), 'sources[0].type: '],
    [smallest.replace('name: hub', 'name: hub, roles: []'), 'sources[0].roles: unknown key'],
    [smallest.replace('owner: test\n', ''), 'owner: is required'],
    [smallest.replace('owner: test', 'owner: a/b'), 'owner: letters, digits, dot, dash and underscore, at most 100'],
    [smallest.replace('owner: test', `owner: ${'a'.repeat(101)}`), 'owner: letters, digits, dot, dash and underscore'],
    [smallest.replace('name: hub', 'name: hub/a'), 'sources[0].name: lowercase letters, digits and dashes, at most 63'],
    [smallest.replace('name: hub', `name: ${'h'.repeat(64)}`), 'sources[0].name: lowercase letters, digits and dashes'],
    [smallest.replace('name: prod', 'name: prod, address: "http://konnect.example"'), 'plain http is accepted only on'],
    [
      smallest.replace('name: prod', 'name: prod, address: "http://127.evil.example"'),
      'plain http is accepted only on',
    ],
    [secondSource('{ name: hub, type: dns, names: [{ name: a.example, domain: sd2 }] }'), 'sources[1].name: same as'],
    [secondSource('{ name: { toString: hub }, type: snapshot, file: a }'), 'sources[1].name: '],
    [secondSource('{ name: copy, type: snapshot }'), 'give either file or url'],
    [secondSource('{ name: copy, type: snapshot, file: a, url: "https://a.example" }'), 'give either file or url'],
  ])('refuses %j, naming the field', (text, message) => {
    expect(refusalOf(text)).toContain(message);
  });

  it('refuses two roles of one account, because their scopes would share an id', () => {
    const arns = ['a', 'b'].map((name) => `{ roleArn: "arn:aws:iam::111111111111:role/${name}" }`).join(', ');

    expect(refusalOf(smallest.replace('name: hub', `name: hub, accounts: [${arns}]`))).toContain(
      'sources[0].accounts[1].roleArn: same as item [0]',
    );
  });

  it('reports each of several unknown keys on its own line', () => {
    expect(refusalOf(`${smallest}polcy: {}\nx: 1\n`)).toMatch(
      /:4:1: polcy: .*policy\?.*\n.*:5:1: x: unknown key: correct/,
    );
  });

  it('reports all problems at once', () => {
    expect(refusalOf(`${smallest}affinity: zone\nwatch: { intervalSeconds: 0 }\n`).split('\n')).toHaveLength(3);
  });

  it.each([
    ['has another problem beside it', `${smallest}affinity: zone\n`],
    ['stands under an unknown key', smallest.replace('token:', 'tokn:')],
    ['has the wrong type', smallest.replace(`"${variable('KONNECT_TOKEN')}"`, `[${token}]`)],
    ['stands in YAML that cannot be read', smallest.replace(`"${variable('KONNECT_TOKEN')}" }`, `"${token}`)],
    ['follows a key given twice', smallest.replace('token:', `token: ${token}, token:`)],
    ['is an alias by accident', smallest.replace(`"${variable('KONNECT_TOKEN')}"`, `*${token}`)],
  ])('never prints the token when it %s', (_, text) => {
    expect(refusalOf(text)).not.toContain(token);
  });
});

describe('loadCallersConfig', () => {
  const text = `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]
controlPlane: { type: konnect, address: "\${ADDRESS}", name: prod, token: "\${KONNECT_TOKEN}" }
watch: { token: "\${WATCH_TOKEN}" }
stateDir: state
contracts: { services: [{ id: vpce-svc-0a1, region: us-east-1, roleArn: "\${ROLE}" }], consumers: {} }
`;

  it('needs only the variables of owner, sources and contracts', () => {
    const path = join(folder, 'callers.yaml');
    writeFileSync(path, text);
    const roleArn = 'arn:aws:iam::111111111111:role/a';

    expect(loadCallersConfig({ path, env: { ROLE: roleArn } })).toMatchObject({
      owner: 'test',
      stateDir: join(folder, 'state'),
      contracts: { services: [{ id: 'vpce-svc-0a1', roleArn }], accept: 'manual' },
    });
    expect(() => loadCallersConfig({ path, env: {} })).toThrow(
      'contracts.services[0].roleArn: environment variable ROLE is not set',
    );
  });

  it('returns nothing where the file has no contracts', () => {
    const path = join(folder, 'callers-none.yaml');
    writeFileSync(path, text.replace(/contracts.*\n/, ''));

    expect(loadCallersConfig({ path, env: {} }).contracts).toBeUndefined();
  });
});

describe('loadDataPlaneConfig', () => {
  it('needs the variables of the sources, and none of the control plane or the worker', () => {
    const text = `owner: "\${OWNER}"
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]
controlPlane: { type: konnect, address: "\${ADDRESS}", name: prod, token: "\${KONNECT_TOKEN}" }
watch: { intervalSeconds: 5, token: "\${WATCH_TOKEN}" }
publish: [{ namespace: a, service: b, domain: sd2, region: us-east-1, roleArn: "\${PUBLISH_ROLE}" }]
`;
    const path = join(folder, 'data-plane.yaml');
    writeFileSync(path, text);

    expect(loadDataPlaneConfig({ path, env: { OWNER: 'test' } })).toMatchObject({
      owner: 'test',
      watch: { intervalSeconds: 5 },
    });
    expect(loadDataPlaneConfig({ path, env: { OWNER: 'test' } }).stateDir).toBeUndefined();
    expect(() => loadDataPlaneConfig({ path, env: {} })).toThrow('owner: environment variable OWNER is not set');
  });

  it.each([
    [
      'does not exist',
      undefined,
      /no configuration file at .*needs owner, sources and, unless it is for a data plane, controlPlane/,
    ],
    ['is no mapping', '- owner', /a mapping with owner, sources and, unless it is for a data plane, controlPlane/],
    ['is empty', '{}', /:1:1: owner: is required: .*\n.*:1:1: sources: is required: .*$/],
  ])('asks for no control plane when the file %s', (_, text, message) => {
    const path = join(mkdtempSync(join(folder, 'data-plane-')), 'kong-privatelink.yaml');
    if (text !== undefined) writeFileSync(path, text);

    expect(() => loadDataPlaneConfig({ path, env: {} })).toThrow(message);
  });

  it('keeps state only where the file names a folder, relative to the file', () => {
    const path = join(folder, 'data-plane-state.yaml');
    writeFileSync(
      path,
      'owner: test\nsources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]\nstateDir: state\n',
    );

    expect(loadDataPlaneConfig({ path, env: {} }).stateDir).toBe(join(folder, 'state'));
  });
});

describe('a problem of the configuration', () => {
  /** The problems of a refused configuration, without the file, which is equal for all. */
  function problemsOf(text: string, env?: Readonly<Record<string, string>>) {
    try {
      load(text, env);
    } catch (thrown) {
      if (!(thrown instanceof PrivatelinkError)) throw thrown;
      return thrown.problems.map(({ file: _, ...one }) => one);
    }
    throw new Error('the configuration was accepted');
  }

  it('has its place, its key, its value and its fix, and all problems are reported together', () => {
    const text = `owner: a/b
sources:
  - name: hub
    type: vpc-endpoints
    regions: [us-east-1, Virginia, us-east-1]
    accounts:
      - roleArn: arn:aws:iam::111111111111:role/a
      - roleArn: arn:aws:iam::111111111111:role/b
    alow: {}
  - name: copy
    type: snapshot
    token: "\${SNAPSHOT_TOKEN}"
controlPlane:
  type: admin
  address: http://127.0.0.1:8001
  tls: { ca: ca.pem, cert: a.pem }
  concurrency: many
watch:
  intervalSeconds: 0
  listen: 0.0.0.0:9543
stateDir: a
stateDir: b
`;
    const problems = problemsOf(text, {});

    expect(problems.map(({ line, column, path, value }) => [line, column, path, value])).toEqual([
      [1, 8, 'owner', '"a/b"'],
      [5, 26, 'sources[0].regions[1]', '"Virginia"'],
      [5, 36, 'sources[0].regions[2]', '"us-east-1"'],
      [8, 18, 'sources[0].accounts[1].roleArn', '"arn:aws:iam::111111111111:role/b"'],
      [9, 5, 'sources[0].alow', undefined],
      [10, 5, 'sources[1].file', undefined],
      [12, 12, 'sources[1].token', undefined],
      [16, 8, 'controlPlane.tls', undefined],
      [17, 16, 'controlPlane.concurrency', '"many"'],
      [19, 20, 'watch.intervalSeconds', '0'],
      [20, 11, 'watch.listen', '"0.0.0.0:9543"'],
      [22, 1, 'stateDir', undefined],
    ]);
    expect(problems.filter(({ fix, message }) => !fix || !message.includes(fix))).toEqual([]);
  });

  it('is a line in the form that editors open, with the value behind its fix', () => {
    expect(
      refusalOf(`${smallest}policy: { maxRemovePercent: 300 }\n`),
    ).toBe(`the configuration is not valid (named by -c):
  ${join(folder, 'kong-privatelink.yaml')}:4:29: policy.maxRemovePercent: write 100 or less (it is 300)`);
  });

  it.each([
    ['an empty value', `${smallest}affinity:\n`, 4, 10, 'empty'],
    ['a missing key', smallest.replace('name: hub, ', ''), 2, 11, undefined],
    ['a value by its alias', `${smallest}affinity: &a zone\ndeck: { base: *a }\n`, 5, 15, '"zone"'],
    ['a name that may not be a key', `${smallest}domains: { sd2: {}, "SD 2": {} }\n`, 4, 21, undefined],
    ['a list', `${smallest}stateDir: [a]\n`, 4, 11, 'a list'],
    ['a text without end', `${smallest}affinity: ${'a'.repeat(100)}\n`, 4, 11, `"${'a'.repeat(59)}…`],
  ])('has a place for %s', (_, text, line, column, value) => {
    expect(problemsOf(text).at(-1)).toMatchObject({ line, column, ...(value && { value }) });
  });

  it('names every missing variable, and the schema problem of the value', () => {
    const text = smallest.replace('regions: [us-east-1]', `regions: ["${variable('A')}-${variable('B')}", x]`);

    expect(problemsOf(text, {}).map(({ message }) => message)).toEqual([
      `sources[0].regions[0]: environment variables A and B are not set: export A and B, or write the value another way (it is "${variable('A')}-${variable('B')}")`,
      'sources[0].regions[1]: an AWS region, such as us-east-1 (it is "x")',
      'controlPlane.token: environment variable KONNECT_TOKEN is not set: export KONNECT_TOKEN, or write the value another way',
    ]);
  });

  it('names the variable, and never its value', () => {
    expect(
      refusalOf(`${smallest}affinity: "${variable('AFFINITY')}"\n`, { KONNECT_TOKEN: token, AFFINITY: 'S3cret' }),
    ).toMatch(/affinity: write one of .* \(it is "\$\{AFFINITY\}"\)$/);
  });

  it.each([
    [
      'a token',
      smallest.replace(
        'regions: [us-east-1]',
        'regions: [us-east-1] }, { name: a, type: snapshot, url: "https://a.example", token: S3 cret',
      ),
    ],
    ['a header', admin('headers: { authorization: "S3cret\\n" }')],
    ['the options of a plugin', `${smallest}domains: { sd2: { plugins: [{ name: acl, config: S3cret }] } }\n`],
    ['a value under an unknown key', `${smallest}pasword: S3cret\n`],
    ['a password in an address', plane('{ type: admin, address: "https://bob:S3cret@kong.example" }')],
    ['a password with a slash', plane('{ type: admin, address: "https://bob:S3cret/x@kong example" }')],
    ['a password in an address without its scheme', plane('{ type: admin, address: "bob:S3cret@kong.example:8001" }')],
    [
      'a text that looks like a token',
      smallest.replace('name: prod', 'name: [kpat_S3cret]').replace('owner: test', 'owner: kpat_S3 cret'),
    ],
    ['a private key', `${smallest}watch: { tls: { cert: a, key: [S3cret] } }\n`],
  ])('never shows a secret: %s', (_, text) => {
    expect(refusalOf(text)).not.toMatch(/S3 ?cret/);
  });

  it('is a key with a special meaning in JavaScript, at any place', () => {
    const text = `${smallest}domains: { sd2: { plugins: [{ name: acl, config: { __proto__: { a: 1 } } }] } }\n`;

    expect(problemsOf(text)).toMatchObject([{ line: 4, column: 52, path: 'domains.sd2.plugins[0].config.__proto__' }]);
    expect(refusalOf(`${smallest}__proto__: {}\n`)).toContain('__proto__: is no name that a key may have: remove it');
  });
});

describe('variables', () => {
  const filled = `${smallest}policy: { maxRemovePercent: "${variable('PERCENT')}" }
domains: { sd2: { route: "${variable('ROUTE')}", healthcheck: { intervalSeconds: "${variable('SECONDS')}" } } }
`;

  it('are only those of the environment, not properties of every object', () => {
    const text = smallest.replace('KONNECT_TOKEN', 'toString');

    expect(refusalOf(text, {})).toContain('environment variable toString is not set');
  });

  it('fill numbers, true and false, where the schema wants these', () => {
    const env = { KONNECT_TOKEN: '12345', PERCENT: '12.5', ROUTE: 'false', SECONDS: '7' };

    expect(load(filled, env)).toMatchObject({
      policy: { maxRemovePercent: 12.5 },
      domains: { sd2: { route: false, healthcheck: { intervalSeconds: 7 } } },
      controlPlane: { token: '12345' },
    });
  });

  it('are refused by their names where their value has another type', () => {
    const env = { KONNECT_TOKEN: token, PERCENT: 'S3cret', ROUTE: 'no', SECONDS: '1.5' };

    expect(
      refusalOf(filled, env)
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/.*?:\d+:\d+: /, '')),
    ).toEqual([
      `policy.maxRemovePercent: write a number (it is "${variable('PERCENT')}")`,
      `domains.sd2.route: write true or false (it is "${variable('ROUTE')}")`,
      `domains.sd2.healthcheck.intervalSeconds: write a whole number (it is "${variable('SECONDS')}")`,
    ]);
  });

  it('are escaped by a second $', () => {
    const name = `a-$${variable('NAME')}-$${variable('')}$$-${variable('NAME')}`;

    expect(
      load(
        smallest.replace('name: prod', () => `name: "${name}"`),
        { KONNECT_TOKEN: token, NAME: 'b' },
      ),
    ).toMatchObject({
      controlPlane: { name: `a-${variable('NAME')}-${variable('')}$$-b` },
    });
  });

  it('are needed on a data plane only in owner and sources', () => {
    const path = join(folder, 'data-plane-variables.yaml');
    writeFileSync(
      path,
      `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]
affinity: "\${AFFINITY}"
policy: { maxRemovePercent: "\${PERCENT}" }
watch: { intervalSeconds: "\${SECONDS}", listen: "\${LISTEN}" }
stateDir: "\${STATE}"
`,
    );

    expect(loadDataPlaneConfig({ path, env: { SECONDS: '5' } })).toMatchObject({
      watch: { intervalSeconds: 5, listen: '127.0.0.1:9543' },
    });
    expect(loadDataPlaneConfig({ path, env: {} }).stateDir).toBeUndefined();
  });
});

it('a duplicate key is found among thousands', () => {
  const domains = Array.from({ length: 3_000 }, (_, index) => `  sd${index}: {}\n`).join('');

  expect(refusalOf(`${smallest}domains:\n${domains}  sd7: {}\n`)).toContain(
    ':3005:3: domains.sd7: stands twice, first in line 12: remove it',
  );
});
