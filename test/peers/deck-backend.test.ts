import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Base, parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { connectDeck } from '#sync/control-planes/deck-cli/control-plane';
import { planOnce } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import { endpointOf, knownScope, snapshotOf } from '../support/builders';
import { deckBinary, describeWithDeck, runDeck } from '../support/control-planes/deck';
import { documentOf, owner, type Stage, signal, startStage, token } from '../support/control-planes/konnect';
import { createAuthority } from '../support/network/certificates';
import { startProxy, startTlsFront } from '../support/network/servers';
import { createPasses } from '../support/passes';

const people = `
services:
- name: legacy
  host: legacy.example
  routes:
  - { name: legacy, paths: [/legacy], plugins: [{ name: key-auth }] }
  plugins: [{ name: cors, config: { origins: ["*"] } }]
routes:
- { name: sd2-by-host, hosts: [sd2.example], service: { name: sd2 } }
plugins:
- { name: key-auth, service: sd2 }
- { name: cors, route: sd2-by-host }
- { name: rate-limiting, config: { minute: 9 } }
upstreams:
- { name: legacy, targets: [{ target: "10.9.9.9:80" }] }
consumers:
- { username: bob, plugins: [{ name: rate-limiting, config: { minute: 1 } }] }
`;

const everyKind = `
_transform: true
_plugin_configs: { shared: { minute: 5 } }
services:
- name: a
  url: http://a.example
  tags: [mine]
  routes: [{ name: a, paths: [/a], tags: [mine], plugins: [{ name: rate-limiting, _config: shared }] }]
plugins:
- { name: acl, service: sd2, config: { allow: [readers] } }
- { name: rate-limiting, consumer: bob, config: { minute: 1 } }
- { name: rate-limiting, consumer_group: gold, config: { minute: 100 } }
consumers:
- { username: bob, groups: [{ name: gold }], keyauth_credentials: [{ key: k }], acls: [{ group: readers }] }
- { username: eve, basicauth_credentials: [{ username: eve, password: p }] }
consumer_groups: [{ name: gold, plugins: [{ name: rate-limiting-advanced, config: { limit: [5], window_size: [60] } }] }]
vaults: [{ name: env, prefix: mine, config: { prefix: MINE_ } }]
key_sets: [{ name: keys }]
keys: [{ name: key, kid: "1", set: { name: keys }, jwk: "{}" }]
upstreams: [{ name: a, targets: [{ target: "10.9.9.9:80", weight: 1 }] }]
`;

function baseOf(text: string): Base {
  return parseBase([{ path: 'base.yaml', text: `_format_version: "3.0"\n${text}` }]);
}

describeWithDeck('the deck backend and base files', () => {
  let stage: Stage;
  let folder: string;

  beforeEach(async () => {
    stage = await startStage();
    folder = mkdtempSync(join(tmpdir(), 'deck-backend-'));
  });

  afterEach(async () => {
    await stage.konnect.close();
    rmSync(folder, { recursive: true });
  });

  function passes(controlPlane: ControlPlane, route = true) {
    const settings = { sd2: { route, plugins: [{ name: 'acl', config: { allow: ['a'] } }] } };
    const { deps } = createPasses({ owner, clock: stage.clock, controlPlane, settings });
    return { ...deps, discover: async () => snapshotOf(knownScope([endpointOf()])) };
  }

  function connect(base = baseOf('')): ControlPlane {
    const env = { PATH: process.env.PATH, HOME: folder };
    const config = { type: 'deck', address: stage.konnect.url, name: 'prod', token, binary: deckBinary() } as const;
    return connectDeck(config, owner, { base, env });
  }

  function write(text: string): string {
    const file = join(folder, 'kong.yaml');
    writeFileSync(file, text);
    return file;
  }

  const deckGateway = (verb: string, file: string) =>
    runDeck(['gateway', verb, file], { DECK_KONNECT_ADDR: stage.konnect.url, DECK_KONNECT_TOKEN: token });

  const names = (kind: Parameters<Stage['konnect']['entities']>[1]) =>
    stage.konnect
      .entities('prod', kind)
      .map((one) => String(one.name ?? one.username))
      .sort();

  it('writes through decK, and then neither backend plans a change', async () => {
    const deck = passes(connect());

    const report = await runOnce(deck, signal);

    expect(exitCodeOfSync(report)).toBe(0);
    expect(report.applied?.map((one) => one.outcome)).toEqual(report.changes.map(() => 'applied'));
    expect((await planOnce(deck, signal)).report.changes).toEqual([]);
    expect((await planOnce(passes(stage.plane), signal)).report.changes).toEqual([]);
  });

  it('fm-60 fm-61 reaches a server of a private authority through a proxy, and shows its certificate', async () => {
    const authority = createAuthority(folder);
    const client = authority.issue('client', ['client']);
    const server = { ...authority.issue('server', ['kong.example']), ca: authority.cert, requestCert: true };
    const front = await startTlsFront(server, Number(new URL(stage.konnect.url).port));
    const proxy = await startProxy({ 'konnect.example': front.port });
    const tls = { ca: authority.certFile, cert: client.certFile, key: client.keyFile, serverName: 'kong.example' };
    const reached = { address: 'https://konnect.example', tls, headers: { 'x-tenant': 'blue' } };
    const connectThrough = (url: string, over: object = {}) => {
      const env = { PATH: process.env.PATH, HOME: folder, HTTPS_PROXY: url };
      const config = { type: 'deck', name: 'prod', token, binary: deckBinary(), ...reached, ...over } as const;
      return connectDeck(config, owner, { env });
    };

    const report = await runOnce(passes(connectThrough(proxy.url)), signal);
    const untrusted = connectThrough(proxy.url, { tls: { serverName: 'kong.example' } }).read(signal);
    await expect(untrusted).rejects.toMatchObject({ fix: expect.stringContaining('controlPlane.tls.ca') });
    const nameless = connectThrough(proxy.url, { tls: { ...tls, serverName: undefined } }).read(signal);
    await expect(nameless).rejects.toMatchObject({ fix: expect.stringContaining('controlPlane.tls.serverName') });
    const unknown = connectThrough(proxy.url, { tls: { ...tls, cert: undefined, key: undefined } }).read(signal);
    await expect(unknown).rejects.toMatchObject({ fix: expect.stringContaining('controlPlane.tls.cert') });
    proxy.answer(407);
    const refused = connectThrough(proxy.url.replace('//', '//bob:geheim@')).read(signal);
    await expect(refused).rejects.toMatchObject({
      fix: expect.stringContaining('HTTPS_PROXY'),
      message: expect.not.stringContaining('geheim'),
    });

    await Promise.all([front.close(), proxy.close()]);
    expect(exitCodeOfSync(report)).toBe(0);
    expect(new Set(proxy.asked)).toEqual(new Set(['konnect.example:443']));
  });

  it('does not change a foreign entity with the same name, and writes the rest', async () => {
    stage.konnect.seed('prod', 'routes', { name: 'sd2', paths: ['/theirs'] });

    const report = await runOnce(passes(connect()), signal);

    expect(exitCodeOfSync(report)).toBe(4);
    expect(report.applied?.filter((one) => one.outcome !== 'applied')).toMatchObject([{ change: { kind: 'route' } }]);
    expect(stage.konnect.entities('prod', 'routes')).toMatchObject([{ paths: ['/theirs'] }]);
    expect(names('services')).toEqual(['sd2']);
  });

  it.each(['on a foreign service', 'without a service'])(
    'fm-47 takes no path from a foreign route %s',
    async (where) => {
      const { id } = stage.konnect.seed('prod', 'services', { name: 'theirs', host: 'theirs.example' });
      const service = where === 'without a service' ? null : { id };
      const theirs = stage.konnect.seed('prod', 'routes', { name: 'theirs', paths: ['/sd2'], service });

      const report = await runOnce(passes(connect()), signal);

      expect(exitCodeOfSync(report)).toBe(4);
      expect(report.applied?.filter((one) => one.outcome !== 'applied')).toMatchObject([
        { change: { kind: 'route' }, error: expect.stringContaining('would take /sd2 from route theirs') },
      ]);
      expect(stage.konnect.entities('prod', 'routes')).toEqual([theirs]);
    },
  );

  it('reports the failed and the successful writes of decK', async () => {
    stage.konnect.inject({ kind: 'status', status: 400, method: 'PUT', path: /\/plugins\// });

    const report = await runOnce(passes(connect()), signal);

    expect(exitCodeOfSync(report)).toBe(4);
    const failed = report.applied?.filter((one) => one.outcome === 'failed') ?? [];
    expect(failed.map(({ change }) => change.kind)).toContain('plugin');
    expect(failed[0]?.error).toContain('HTTP status 400');
    expect(names('services')).toEqual(['sd2']);
    expect(report.applied?.find(({ change }) => change.kind === 'service')?.outcome).toBe('applied');
    expect(exitCodeOfSync(await runOnce(passes(connect()), signal))).toBe(0);
  });

  it('deletes its own entities, and no entity of others', async () => {
    stage.konnect.seed('prod', 'services', { name: 'legacy', host: 'legacy.example', tags: ['owner:other'] });
    await runOnce(passes(connect()), signal);

    const report = await runOnce(passes(connect(), false), signal);

    expect(report.applied).toMatchObject([{ change: { action: 'delete', kind: 'route' }, outcome: 'applied' }]);
    expect(names('routes')).toEqual([]);
    expect(names('services')).toEqual(['legacy', 'sd2']);
  });

  it('writes nothing after a stop', async () => {
    await expect(runOnce(passes(connect()), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');

    expect(names('services')).toEqual([]);
  });

  it('renders base files of every kind in a form that decK accepts', async () => {
    const text = renderText(documentOf('sd2', 1), { owner, controlPlaneName: 'prod', base: baseOf(everyKind) });

    expect(await runDeck(['file', 'validate', write(text)])).toMatchObject({ exitCode: 0, err: '' });
  });

  it('renders base files that decK accepts, and the native backend leaves their entities alone', async () => {
    const native = passes(stage.plane, false);
    const { outcome } = await planOnce(native, signal);
    const file = write(renderText(outcome, { owner, controlPlaneName: 'prod', base: baseOf(people) }));

    expect(await runDeck(['file', 'validate', file])).toMatchObject({ exitCode: 0, err: '' });
    expect(await deckGateway('sync', file)).toMatchObject({ exitCode: 0, err: '' });

    expect((await planOnce(native, signal)).report).toMatchObject({ changes: [], kept: [] });
    const before = stage.konnect.entities('prod', 'plugins');
    expect(exitCodeOfSync(await runOnce(native, signal))).toBe(0);
    expect(names('routes')).toEqual(['legacy', 'sd2-by-host']);
    expect(stage.konnect.entities('prod', 'plugins')).toEqual(before);
    expect(renderText((await planOnce(native, signal)).outcome, { owner })).toBe(renderText(outcome, { owner }));
  });

  it('applies a change in a base file alone, and removes the entities that left the file', async () => {
    await runOnce(passes(connect(baseOf(people))), signal);
    expect(names('services')).toEqual(['legacy', 'sd2']);
    expect(names('consumers')).toEqual(['bob']);

    await runOnce(passes(connect(baseOf('consumers: [{ username: eve }]\n'))), signal);

    expect(names('services')).toEqual(['sd2']);
    expect(names('consumers')).toEqual(['eve']);
    expect(names('routes')).toEqual(['sd2']);
  });
});
