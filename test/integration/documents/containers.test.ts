import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '#config/file';
import { isDump, parseOptions, socketPathOf } from '#plugin/server/options';
import { accounts, homeZone } from '#sandbox/estates/t0';
import { servedPorts } from '#sandbox/serve';
import { keysOf } from '../../support/aws/keys';
import { runCli } from '../../support/cli';
import { onlyConfig } from '../../support/control-planes/only-config';
import { blocksIn } from '../../support/documents/pages';

const root = join(__dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: z
        .union([
          z.string(),
          z.object({
            context: z.string(),
            dockerfile: z.string().default('Dockerfile'),
            target: z.string().optional(),
          }),
        ])
        .optional(),
      profiles: z.array(z.string()).default([]),
      entrypoint: z.array(z.string()).default([]),
      command: z.array(z.string()).default([]),
      network_mode: z.string().optional(),
      environment: z.record(z.string(), z.string()).default({}),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
    }),
  ),
  volumes: z.record(z.string(), z.object({})),
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));
const { sandbox, kong, worker, 'konnect-worker': konnectWorker, ...ofSidecar } = compose.services;
const { 'plugin-dump': dump, 'plugin-server': server, 'kong-beside': kongBeside } = ofSidecar;
const besideSidecar = ['plugin-dump', 'plugin-server', 'kong-beside', 'beside-worker'];

/**
 * Stages of a Dockerfile by their names, each with its lines from FROM on. The last stage has no
 * name.
 */
function stagesOf(path: string): ReadonlyMap<string, string> {
  const texts = read(path)
    .split(/^(?=FROM )/m)
    .slice(1);
  return new Map(texts.map((text) => [/^FROM \S+ AS (\w+)/.exec(text)?.[1] ?? '', text]));
}

const sidecarStage = stagesOf('Dockerfile').get('sidecar') ?? '';

/** The list of words that follows a name in a Dockerfile. */
function wordsAfter(name: string, text: string): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(new RegExp(`${name} (\\[.*\\])`).exec(text)?.[1] ?? ''));
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('docker-compose.yml', () => {
  it('keeps everything in one network namespace and publishes only the two proxies, on loopback', () => {
    const { sandbox: _, ...others } = compose.services;

    expect(Object.keys(others)).toEqual(['kong', 'worker', 'konnect-worker', ...besideSidecar]);
    for (const { network_mode: mode } of Object.values(others)) expect(mode).toBe('service:sandbox');
    expect(Object.values(compose.services).flatMap(({ ports }) => ports)).toEqual([
      '127.0.0.1:8000:8000',
      '127.0.0.1:8010:8010',
    ]);
  });

  it('starts the services of the sidecar with its profile alone', () => {
    const profiled = Object.entries(compose.services).filter(([, { profiles }]) => profiles.length > 0);

    expect(profiled.map(([name, { profiles }]) => [name, ...profiles])).toEqual(
      besideSidecar.map((name) => [name, 'sidecar']),
    );
  });

  const built = Object.entries(compose.services).flatMap(([name, { build, ...service }]) =>
    build === undefined ? [] : [{ name, build: typeof build === 'string' ? { context: build } : build, ...service }],
  );

  it.each(built)('gives $name an existing image', ({ build }) => {
    const { context, dockerfile, target } = { dockerfile: 'Dockerfile', target: '', ...build };

    expect([...stagesOf(join(context, dockerfile)).keys()]).toContain(target);
  });

  it('builds an image for each service except the plain Kong, which uses the image of the other Kong', () => {
    expect(built).toHaveLength(Object.keys(compose.services).length - 1);
    expect(stagesOf('plugin/Dockerfile').get('')).toMatch(new RegExp(`^FROM ${kongBeside?.image}\n`));
  });

  const ofProduct = built.filter(({ name, build }) => name !== 'kong' && !('target' in build));

  it.each(ofProduct)('gives $name an existing command', async ({ command }) => {
    const [verb = '', ...flags] = command;

    const { exitCode, out } = await runCli([verb, '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toContain(flag);
  });

  it('starts the plugin server with valid flags, in the zone of the sandbox', () => {
    const [program, ...argv] = (kong?.environment.KONG_PLUGINSERVER_JS_START_CMD ?? '').split(' ');

    expect(program).toBe('kong-privatelink-pluginserver');
    expect(parseOptions(argv)).toMatchObject({ config: kong?.configs[0]?.target, zoneId: homeZone });
  });

  it("starts the sidecar's plugin server with valid flags, before Kong and its worker", () => {
    const argv = [...wordsAfter('ENTRYPOINT', sidecarStage).slice(1), ...(server?.command ?? [])];

    expect(parseOptions(argv)).toMatchObject({ zoneId: homeZone, sockForAll: true });
    expect(server?.configs[0]?.target).toBe(/KONG_PRIVATELINK_CONFIG=(\S+)/.exec(read('Dockerfile'))?.[1]);
    expect(besideSidecar.map((name) => compose.services[name]?.depends_on)).toEqual([
      { sandbox: { condition: 'service_healthy' } },
      { 'plugin-dump': { condition: 'service_completed_successfully' } },
      { 'plugin-server': { condition: 'service_healthy' } },
      { 'kong-beside': { condition: 'service_healthy' } },
    ]);
  });

  it("shows the socket and the image's dump to the Kong beside it, in a folder outside Kong's prefix", () => {
    const { KONG_PLUGINSERVER_JS_SOCKET: socket = '', KONG_PLUGINSERVER_JS_QUERY_CMD: query } =
      kongBeside?.environment ?? {};
    const [volume = ''] = server?.volumes ?? [];
    const [, folderOfSocket = ''] = volume.split(':');
    const [program, from = '', into] = dump?.entrypoint ?? [];

    expect(socketPathOf(parseOptions(wordsAfter('ENTRYPOINT', sidecarStage).slice(1)))).toBe(socket);
    expect(join(socket, '..')).toBe(folderOfSocket);
    // Kong's container removes all sockets below its prefix when it starts.
    expect(folderOfSocket.startsWith('/usr/local/kong')).toBe(false);
    expect([dump?.volumes, kongBeside?.volumes]).toEqual([[volume], [`${volume}:ro`]]);
    expect(Object.keys(compose.volumes)).toEqual([volume.split(':')[0]]);
    expect([program, from, into]).toEqual(['cp', expect.stringMatching(/\.json$/), `${folderOfSocket}/`]);
    expect(query).toBe(`cat ${folderOfSocket}/${from.split('/').at(-1)}`);
    expect(sidecarStage).toContain(` > ${from}\n`);
  });

  it('gives the Kong beside a sidecar no start command: Kong would not start with one, even if empty', () => {
    expect(Object.keys(kongBeside?.environment ?? {})).not.toContain('KONG_PLUGINSERVER_JS_START_CMD');
    expect(kongBeside?.environment).toMatchObject({
      KONG_PLUGINS: 'bundled,privatelink',
      KONG_PLUGINSERVER_NAMES: 'js',
    });
  });

  it.each(Object.entries(compose.configs))('holds a valid configuration %s', (name, { content }) => {
    const path = join(folder, `${name}.yaml`);
    // Compose reads a doubled dollar as one.
    writeFileSync(path, content.replaceAll('$$', '$'));

    const { sources, controlPlane } = onlyConfig(loadConfig({ path, env: worker?.environment ?? {} }));

    expect(sources).toMatchObject([{ endpoint: `http://127.0.0.1:${servedPorts.aws}` }]);
    expect(controlPlane).toMatchObject({
      address:
        name === 'konnect'
          ? `http://127.0.0.1:${servedPorts.konnect}`
          : (name === 'beside' ? kongBeside : kong)?.environment.KONG_ADMIN_LISTEN?.replace(/^/, 'http://'),
    });
  });

  it("has the credentials of the sandbox's gateway account, and passes them to the plugin server", () => {
    const expected = keysOf(accounts.gateway);

    expect([kong, worker, konnectWorker, ofSidecar['beside-worker']].map((one) => one?.environment)).toEqual(
      Array(4).fill(expect.objectContaining(expected)),
    );
    expect(server?.environment).toEqual(expected);
    expect(kong?.environment.KONG_NGINX_MAIN_ENV).toBe(Object.keys(expected).join(';env '));
    expect(sandbox?.environment).toEqual({});
  });
});

describe.each(['Dockerfile', 'plugin/Dockerfile'])('%s', (path) => {
  const lines = read(path).split('\n');

  it('copies only files of the context or of the build', () => {
    const allowed = read('.dockerignore').match(/(?<=^!).+/gm) ?? [];

    expect(allowed.filter((name) => !existsSync(join(root, name)))).toEqual([]);
    const { include }: { include: readonly string[] } = JSON.parse(read('tsconfig.json'));
    expect(allowed).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', ...include]));
    expect(lines.join('\n')).not.toContain('tsconfig.json ');
  });

  it('runs as a user other than root, without dev dependencies', () => {
    const run = [...stagesOf(path)].filter(([name]) => !['build', 'product'].includes(name));

    for (const [, text] of run) expect(text.match(/^USER .*/gm)?.at(-1)).toMatch(/^USER (node|kong)$/);
    expect(lines.join('\n')).toMatch(/npm (prune|install --save-prod) --omit=dev --ignore-scripts/);
  });

  it('begins with images by their digest, after the full version for people', () => {
    const images = lines.filter((line) => /^FROM (?!product\b)/.test(line));

    expect(images).toHaveLength(2);
    for (const image of images)
      expect(image).toMatch(/^FROM \w+:\d+\.\d+\.\d+[\w-]*@sha256:[0-9a-f]{64}( AS (build|product))?$/);
  });
});

it('the image of a data plane has the tested version of the stock server', () => {
  const { devDependencies } = JSON.parse(read('package.json'));

  expect(read('plugin/Dockerfile')).toContain(` @kong/kong-pdk@${devDependencies['@kong/kong-pdk']}\n`);
});

it('the image of a data plane checks the plugin server with valid options', () => {
  const [, start, query] = /START_CMD="(.*)" \\\n.*QUERY_CMD="(.*)"/.exec(read('plugin/Dockerfile')) ?? [];

  expect(parseOptions(start?.split(' ').slice(1) ?? [])).toMatchObject({ config: '/etc/kong-privatelink.yaml' });
  expect(parseOptions(query?.split(' ').slice(1) ?? [])).toMatchObject({ dumpAllPlugins: true });
});

describe('the sidecar in docs/plugin.md', () => {
  const kongNeeds = Object.entries(kongBeside?.environment ?? {}).filter(([name]) => name.startsWith('KONG_PLUGIN'));

  it('tells Kong what docker-compose.yml tells it', () => {
    const told = blocksIn('docs/plugin.md', 'sh').map((lines) => lines.replaceAll('"', '').trim().split('\n'));

    expect(told).toContainEqual(kongNeeds.map(([name, value]) => `${name}=${value}`));
  });

  const mountSchema = z.array(z.object({ name: z.string(), mountPath: z.string() }));
  const containerSchema = z.object({
    ...{ name: z.string(), image: z.string(), volumeMounts: mountSchema },
    command: z.array(z.string()).default([]),
    args: z.array(z.string()).default([]),
    env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    startupProbe: z.object({ exec: z.object({ command: z.array(z.string()) }) }).optional(),
  });
  const podSchema = z.object({
    spec: z.object({
      volumes: z.array(z.object({ name: z.string() })),
      initContainers: z.tuple([containerSchema, containerSchema]),
      containers: z.tuple([containerSchema]),
    }),
  });
  const pods = blocksIn('docs/plugin.md', 'yaml').filter((code) => code.includes('initContainers:'));

  it.each(pods)('is a pod whose containers match those of docker-compose.yml', (code) => {
    const { volumes, initContainers, containers } = podSchema.parse(parse(code)).spec;
    const [[copying, serving], [proxy]] = [initContainers, containers];

    expect(copying.command).toEqual(dump?.entrypoint);
    expect(serving.startupProbe?.exec.command).toEqual(wordsAfter('CMD', sidecarStage));
    expect(proxy.env.map(({ name, value }) => [name, value])).toEqual(kongNeeds);
    expect(kongBeside?.image).toContain(proxy.image);
    const config = serving.volumeMounts.at(-1)?.mountPath;
    expect(parseOptions(serving.args).config).toBe(`${config}/kong-privatelink.yaml`);
    for (const { volumeMounts } of [copying, serving, proxy])
      expect(volumeMounts[0]).toMatchObject({ name: volumes[0]?.name, mountPath: '/run/kong-privatelink' });
  });

  it('is one pod', () => expect(pods).toHaveLength(1));
});

describe('the image of the sidecar', () => {
  it('writes the dump for the socket on which it will listen', () => {
    const [, argv = ''] = /kong-privatelink-pluginserver (.*) > /.exec(sidecarStage) ?? [];
    const options = parseOptions(argv.split(' '));

    expect(isDump(options)).toBe(true);
    expect(socketPathOf(options)).toBe(socketPathOf(parseOptions(wordsAfter('ENTRYPOINT', sidecarStage).slice(1))));
  });

  it('is healthy only while a server listens on its socket', async () => {
    const path = join(folder, 'js.sock');
    const [program = '', ...argv] = wordsAfter('CMD', sidecarStage);
    const check = async () => {
      const words = argv.map((word) => word.replace('/run/kong-privatelink/js_pluginserver.sock', path));
      const child = spawn(program === 'node' ? process.execPath : program, words, { stdio: 'ignore' });
      return (await once(child, 'close'))[0];
    };
    const before = await check();
    const listening = createServer((socket) => socket.end()).listen(path);
    await once(listening, 'listening');

    expect([before, await check()]).toEqual([1, 0]);

    await new Promise((done) => listening.close(done));
  });
});
