import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '#config/file';
import { parseOptions } from '#plugin/server/options';
import { accounts, homeZone } from '#sandbox/estates/t0';
import { servedPorts } from '#sandbox/serve';
import { keysOf } from '../../support/aws/keys';
import { runCli } from '../../support/cli';
import { onlyConfig } from '../../support/control-planes/only-config';

const root = join(__dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      build: z.union([z.string(), z.object({ context: z.string(), dockerfile: z.string() })]),
      command: z.array(z.string()).default([]),
      network_mode: z.string().optional(),
      environment: z.record(z.string(), z.string()).default({}),
      ports: z.array(z.string()).default([]),
      configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
    }),
  ),
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));
const { sandbox, kong, worker, 'konnect-worker': konnectWorker } = compose.services;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('docker-compose.yml', () => {
  it('keeps everything in one network namespace and publishes nothing but the proxy, on loopback', () => {
    expect(Object.keys(compose.services)).toEqual(['sandbox', 'kong', 'worker', 'konnect-worker']);
    expect([kong, worker, konnectWorker].map((one) => one?.network_mode)).toEqual(Array(3).fill('service:sandbox'));
    expect(Object.values(compose.services).flatMap(({ ports }) => ports)).toEqual(['127.0.0.1:8000:8000']);
  });

  it.each(Object.entries(compose.services))('gives %s an image and a command that exist', async (_, service) => {
    const { build, command } = service;
    const dockerfile = typeof build === 'string' ? join(build, 'Dockerfile') : join(build.context, build.dockerfile);
    expect(existsSync(join(root, dockerfile))).toBe(true);
    const [verb = 'sync', ...flags] = command;

    const { exitCode, out } = await runCli([verb, '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toContain(flag);
  });

  it('starts the plugin server with flags that it takes, in the zone of the sandbox', () => {
    const [program, ...argv] = (kong?.environment.KONG_PLUGINSERVER_JS_START_CMD ?? '').split(' ');

    expect(program).toBe('kong-privatelink-pluginserver');
    expect(parseOptions(argv)).toMatchObject({ config: kong?.configs[0]?.target, zoneId: homeZone });
  });

  it.each(Object.entries(compose.configs))('holds a configuration %s that can be used', (name, { content }) => {
    const path = join(folder, `${name}.yaml`);
    // Compose reads a doubled dollar as one.
    writeFileSync(path, content.replaceAll('$$', '$'));

    const { sources, controlPlane } = onlyConfig(loadConfig({ path, env: worker?.environment ?? {} }));

    expect(sources).toMatchObject([{ endpoint: `http://127.0.0.1:${servedPorts.aws}` }]);
    expect(controlPlane).toMatchObject({
      address:
        name === 'konnect'
          ? `http://127.0.0.1:${servedPorts.konnect}`
          : kong?.environment.KONG_ADMIN_LISTEN?.replace(/^/, 'http://'),
    });
  });

  it("has the credentials of the sandbox's gateway account, and hands them on to the plugin server", () => {
    const expected = keysOf(accounts.gateway);

    expect([kong, worker, konnectWorker].map((one) => one?.environment)).toEqual(
      Array(3).fill(expect.objectContaining(expected)),
    );
    expect(kong?.environment.KONG_NGINX_MAIN_ENV).toBe(Object.keys(expected).join(';env '));
    expect(sandbox?.environment).toEqual({});
  });
});

describe.each(['Dockerfile', 'plugin/Dockerfile'])('%s', (path) => {
  const lines = read(path).split('\n');

  it('copies only what the context lets in and what the build makes', () => {
    const allowed = read('.dockerignore').match(/(?<=^!).+/gm) ?? [];

    expect(allowed.filter((name) => !existsSync(join(root, name)))).toEqual([]);
    const { include }: { include: readonly string[] } = JSON.parse(read('tsconfig.json'));
    expect(allowed).toEqual(
      expect.arrayContaining(['package.json', 'package-lock.json', 'tools/build.js', ...include]),
    );
    expect(lines.join('\n')).not.toContain('tsconfig.json ');
  });

  it('runs as another user than root, without dev dependencies', () => {
    expect(lines.findLast((line) => line.startsWith('USER '))).toMatch(/^USER (node|kong)$/);
    expect(lines.join('\n')).toMatch(/npm (prune|install --save-prod) --omit=dev --ignore-scripts/);
  });

  it('begins with images by their digest, after the full version for people', () => {
    const images = lines.filter((line) => line.startsWith('FROM '));

    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(/^FROM \w+:\d+\.\d+\.\d+[\w-]*@sha256:[0-9a-f]{64}( AS build)?$/);
  });
});

it('the image of a data plane brings the stock server in the version that is tested', () => {
  const { devDependencies } = JSON.parse(read('package.json'));

  expect(read('plugin/Dockerfile')).toContain(` @kong/kong-pdk@${devDependencies['@kong/kong-pdk']}\n`);
});

it('the image of a data plane asks the plugin server in words that it takes', () => {
  const [, start, query] = /START_CMD="(.*)" \\\n.*QUERY_CMD="(.*)"/.exec(read('plugin/Dockerfile')) ?? [];

  expect(parseOptions(start?.split(' ').slice(1) ?? [])).toMatchObject({ config: '/etc/kong-privatelink.yaml' });
  expect(parseOptions(query?.split(' ').slice(1) ?? [])).toMatchObject({ dumpAllPlugins: true });
});
