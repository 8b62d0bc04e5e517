import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate, region } from '../../support/estate';

type Line = { readonly check: string; readonly result: string; readonly detail: string };

/** Has an address in each of the region's zones, so that networks cause no findings. */
const zones = zoneIdsOf(region).map((_, index) => `10.0.${index + 1}.11`);

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  configure('');
});

afterEach(() => estate.close());

/** The estate's configuration. The watch has a free port, unless `more` names one. */
function configure(more: string, config = defaultConfig(estate)): void {
  estate.configure(`${config}${more.includes('watch:') ? '' : 'watch: { listen: "127.0.0.1:0" }\n'}${more}`);
}

async function examine(env = estate.env) {
  const { exitCode, out } = await runCli(['doctor', '--json', '-c', join(estate.folder, 'kong-privatelink.yaml')], env);
  const { checks } = JSON.parse(out) as { readonly checks: readonly Line[] };
  return { exitCode, checks, of: (name: string) => checks.filter(({ check }) => check.startsWith(name)) };
}

/** The results of all checks that are not ok. */
function notOk(checks: readonly Line[]): readonly string[] {
  return checks.filter(({ result }) => result !== 'ok').map(({ check, result }) => `${check}: ${result}`);
}

function writes(): readonly string[] {
  // A POST that only validates a plugin is no write.
  const isWrite = ({ method, path }: { method: string; path: string }) =>
    method !== 'GET' && !path.endsWith('/validate');
  return estate.konnect.calls.filter(isWrite).map((call) => `${call.method} ${call.path}`);
}

describe('doctor where all is well', () => {
  beforeEach(async () => {
    estate.addEndpoint('sd2', zones);
    configure('domains: { sd2: { plugins: [{ name: privatelink, config: {} }] } }\n');
    await estate.run('sync');
    estate.konnect.reportNode('prod', { id: 'a', hostname: 'a', configHash: estate.konnect.configHash('prod') });
    estate.konnect.resetCalls();
  });

  it('finds every check ok, in order, and writes nothing', async () => {
    const before = readdirSync(estate.folder, { recursive: true });

    const { exitCode, checks } = await examine();
    expect(notOk(checks)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(checks.map(({ check }) => check)).toEqual([
      'Node.js',
      'configuration',
      'state directory',
      'watch address',
      'scope hub.self.us-east-1',
      'endpoints',
      'networks',
      'control plane',
      'data planes',
      'plugin schema',
      'plugins',
      'plan',
    ]);
    expect(writes()).toEqual([]);
    expect(readdirSync(estate.folder, { recursive: true })).toEqual(before);
  });

  it('prints an aligned table without colours into a pipe', async () => {
    const { out, err } = await estate.run('doctor');

    const [head = '', ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^CHECK +RESULT +DETAIL$/);
    expect(lines.map((line) => line.indexOf('ok '))).toEqual(lines.map(() => head.indexOf('RESULT')));
    expect(out + err).not.toContain('\u001b');
  });

  it('warns when a data plane runs an older configuration', async () => {
    estate.konnect.reportNode('prod', { id: 'b', hostname: 'old-node', configHash: 'old' });

    const { exitCode, of } = await examine();

    expect(of('data planes')).toMatchObject([{ result: 'warning', detail: expect.stringContaining('1 of 2') }]);
    expect(exitCode).toBe(0);
  });
});

describe('doctor where something is wrong', () => {
  it('names the file and the fix of an invalid configuration, and stops there', async () => {
    estate.configure('owner: test\nsorces: []\npolcy: {}\n');

    const { exitCode, checks } = await examine();

    expect(exitCode).toBe(1);
    const [node, ...others] = checks;
    expect(node?.check).toBe('Node.js');
    expect(
      others.map(({ check, detail }) => `${check} ${detail.replace(/^.*kong-privatelink\.yaml/, 'FILE')}`),
    ).toEqual([
      expect.stringMatching(/^configuration FILE:1:1: sources: [^;\n]+$/),
      expect.stringMatching(/^configuration FILE:1:1: controlPlane: [^\n]+$/),
      expect.stringMatching(/^configuration FILE:2:1: sorces: unknown key [^;\n]+$/),
      expect.stringMatching(/^configuration FILE:3:1: polcy: unknown key [^;\n]+$/),
    ]);
  });

  it('names the variable that is not set', async () => {
    const { exitCode, of } = await examine({});

    expect(exitCode).toBe(1);
    expect(of('configuration')[0]?.detail).toContain('KONNECT_TOKEN is not set');
  });

  it('fails the control plane once when the token is wrong, and runs the other checks', async () => {
    estate.addEndpoint('sd2', zones);

    const { exitCode, checks, of } = await examine({ KONNECT_TOKEN: 'kpat_wrong' });

    expect(exitCode).toBe(1);
    expect(notOk(checks)).toEqual(['control plane: failed', 'data planes: warning', 'plan: warning']);
    expect(of('control plane')[0]?.detail).toContain('check that controlPlane.token is valid');
    expect(of('plan')[0]?.detail).toBe('not checked: see control plane');
    expect(JSON.stringify(checks)).not.toContain('kpat_wrong');
  });

  it('fails an unreachable control plane', async () => {
    configure('', defaultConfig(estate).replace('name: prod', 'name: production'));

    expect((await examine()).of('control plane')).toMatchObject([
      { result: 'failed', detail: expect.stringContaining('this token may see: prod') },
    ]);
  });

  it.each([
    ['is in no folder', 'absent/kong.yaml', /kong\.yaml cannot be written: .*ENOENT.*; make controlPlane\.path/],
    ['is a folder', '.', /cannot be written: it is a folder, and no file; remove it, or name a file/],
  ])('fails a decK file that %s', async (_, path, said) => {
    configure('', defaultConfig(estate).replace(/controlPlane: .*/, `controlPlane: { type: file, path: ${path} }`));

    const { exitCode, of } = await examine();

    expect(exitCode).toBe(1);
    expect(of('decK file')).toMatchObject([{ result: 'failed', detail: expect.stringMatching(said) }]);
  });

  it('accepts a writable decK file, and leaves no file behind', async () => {
    configure('', defaultConfig(estate).replace(/controlPlane: .*/, 'controlPlane: { type: file, path: kong.yaml }'));
    const before = readdirSync(estate.folder);

    expect((await examine()).of('decK file')).toMatchObject([{ result: 'ok' }]);
    expect(readdirSync(estate.folder)).toEqual(before);
  });

  it('fails one scope when its role cannot be assumed', async () => {
    const stranger = 'arn:aws:iam::999999999999:role/absent';
    configure('', defaultConfig(estate).replace('regions:', `accounts: [{ roleArn: "${stranger}" }], regions:`));

    const { exitCode, of } = await examine();

    expect(exitCode).toBe(1);
    expect(of('scope')).toMatchObject([
      {
        check: 'scope hub.999999999999.us-east-1',
        result: 'failed',
        detail: expect.stringContaining('sts:AssumeRole'),
      },
    ]);
    expect(of('control plane')).toMatchObject([{ result: 'ok' }]);
  });

  it('warns of a throttled scope, and goes on with the other scope', async () => {
    configure('', defaultConfig(estate).replace('[us-east-1]', '[us-east-1, us-west-2]'));
    estate.addEndpoint('sd2', zones);
    estate.aws.inject({ kind: 'throttle', region: 'us-west-2' });

    const { exitCode, of } = await examine();

    expect(exitCode).toBe(0);
    expect(of('scope').map(({ check, result }) => `${check} ${result}`)).toEqual([
      'scope hub.self.us-east-1 ok',
      'scope hub.self.us-west-2 warning',
    ]);
  });

  it.each([
    ['regionDisabled', 'enable the region'],
    ['expired', 'expired'],
    ['denied', 'allow ec2:DescribeVpcEndpoints'],
  ] as const)('fails a scope that AWS refuses (%s), with the fix', async (kind, fix) => {
    estate.aws.inject({ kind });

    const { exitCode, checks, of } = await examine();

    expect(exitCode).toBe(1);
    expect(of('scope')).toMatchObject([{ result: 'failed', detail: expect.stringContaining(fix) }]);
    expect(checks.filter(({ detail }) => detail === 'not checked: see scope').map(({ check }) => check)).toEqual([
      'endpoints',
      'networks',
    ]);
  });

  it('warns of quarantined endpoints, and of a missing endpoint', async () => {
    expect((await examine()).of('endpoints')).toMatchObject([
      { result: 'warning', detail: expect.stringContaining('endpoints: 0') },
    ]);
    estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:port': 'eighty' } });

    expect((await examine()).of('endpoints')).toMatchObject([
      { result: 'warning', detail: expect.stringContaining('quarantined: 1; kong-privatelink discover') },
    ]);
  });

  it('warns when the state directory cannot be written', async () => {
    const file = join(estate.folder, 'a-file');
    writeFileSync(file, '');
    configure(`stateDir: "${join(file, 'state')}"\n`);

    expect((await examine()).of('state directory')).toMatchObject([
      { result: 'warning', detail: expect.stringContaining('make stateDir writable') },
    ]);
  });

  it('fm-42 warns of another configuration that uses the state directory', async () => {
    configure('stateDir: state\n');
    await estate.run('sync');
    configure('stateDir: state\n', defaultConfig(estate).replace('name: prod', 'name: other'));

    expect((await examine()).of('state directory')).toMatchObject([
      { result: 'warning', detail: expect.stringContaining('another configuration of this owner') },
    ]);
  });

  it('makes no state directory', async () => {
    configure('stateDir: state/of/this\n');

    expect((await examine()).of('state directory')).toMatchObject([{ result: 'ok' }]);
    expect(existsSync(join(estate.folder, 'state'))).toBe(false);
  });

  it.each([
    ['absent', undefined, 'is absent: kong-privatelink schema --upload'],
    ['of another version', 'return { name = "privatelink", fields = {} }', 'is from another version'],
  ])('warns when the schema is %s and a domain uses the plugin', async (_, lua, detail) => {
    configure('domains: { sd2: { plugins: [{ name: privatelink, config: {} }] } }\n');
    if (lua) await putSchema(lua);

    expect((await examine()).of('plugin schema')).toMatchObject([
      { result: 'warning', detail: expect.stringContaining(detail) },
    ]);
  });

  it('fails the plan when a foreign entity has a wanted name', async () => {
    estate.addEndpoint('sd2', zones);
    estate.konnect.seed('prod', 'services', { name: 'sd2', host: 'elsewhere', protocol: 'http', port: 80 });

    const { exitCode, of } = await examine();

    expect(exitCode).toBe(1);
    expect(of('plan')).toMatchObject([
      { result: 'ok' },
      { result: 'failed', detail: expect.stringContaining('service sd2 exists already') },
    ]);
  });

  it('fails unusable base files, and checks the control plane all the same', async () => {
    configure('deck: { base: [absent.yaml] }\n');

    const { checks, of } = await examine();

    expect(of('base files')).toMatchObject([{ result: 'failed', detail: expect.stringContaining('absent.yaml') }]);
    expect(of('control plane')).toMatchObject([{ result: 'ok' }]);
    expect(checks.find(({ check }) => check === 'plan')?.detail).toBe('not checked: see base files');
  });

  it('fails a publication whose service does not exist', async () => {
    const publication = `{ namespace: shared, service: absent, domain: sd2, region: us-east-1, endpoint: "${estate.aws.url}" }`;
    configure(`publish: [${publication}]\n`);

    const { exitCode, of } = await examine();

    expect(exitCode).toBe(1);
    expect(of('publish')).toMatchObject([{ result: 'failed' }]);
  });

  it('asks nothing of Konnect where the control plane is a file', async () => {
    configure('', defaultConfig(estate).replace(/^controlPlane:.*$/m, 'controlPlane: { type: file, path: kong.yaml }'));
    estate.addEndpoint('sd2', zones);

    const { checks, of } = await examine({});

    expect(notOk(checks)).toEqual([]);
    expect([...of('data planes'), ...of('plugin schema')]).toEqual([]);
    expect(existsSync(join(estate.folder, 'kong.yaml'))).toBe(false);
  });

  it('fails a missing decK', async () => {
    const controlPlane = `controlPlane: { type: deck, address: "${estate.konnect.url}", name: prod, binary: /absent/deck }`;
    configure('', defaultConfig(estate).replace(/^controlPlane:.*$/m, controlPlane));

    expect((await examine()).of('control plane')).toMatchObject([
      { result: 'failed', detail: expect.stringContaining('there is no decK at /absent/deck') },
    ]);
  });
});

describe('doctor where watch.listen is taken', () => {
  let server: Server;
  let status: number;
  const asked: (string | undefined)[] = [];

  beforeEach(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    configure(`watch: { listen: "127.0.0.1:${(server.address() as AddressInfo).port}", token: watch-secret }\n`);
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    [200, 'ok', 'is in use by sync --watch'],
    [401, 'warning', 'taken by another program'],
    [503, 'warning', 'its passes hang'],
    [404, 'warning', 'taken by another program'],
  ])('takes an answer of %s for %s, and shows no token', async (answered, result, detail) => {
    status = answered;

    expect((await examine()).of('watch address')).toMatchObject([{ result, detail: expect.stringContaining(detail) }]);
    expect(asked.every((one) => one === undefined)).toBe(true);
  });
});

async function putSchema(lua: string): Promise<void> {
  const base = `${estate.konnect.url}/v2/control-planes`;
  const headers = { authorization: `Bearer ${estate.env.KONNECT_TOKEN}`, 'content-type': 'application/json' };
  const listed = (await (await fetch(base, { headers })).json()) as {
    readonly data: readonly { readonly id: string }[];
  };
  const path = `${base}/${listed.data[0]?.id}/core-entities/plugin-schemas/privatelink`;
  const { status } = await fetch(path, { method: 'PUT', headers, body: JSON.stringify({ lua_schema: lua }) });
  expect(status).toBeLessThan(300);
}
