import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSnapshotReader } from '#discovery/snapshot/reader';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import { type Estate, openEstate, region } from '../../support/estate';

const token = 'secret-of-the-relay';
const signal = new AbortController().signal;

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server on loopback whose answers the test decides. */
async function serve(answer: Serve): Promise<Listening & { readonly url: string }> {
  const listening = await listenTogether(['127.0.0.1'], () => createServer(answer));
  return { ...listening, url: `http://127.0.0.1:${listening.port}/v1/snapshot` };
}

function readerOf(url: string, options = {}) {
  const config = { type: 'snapshot', name: 'relay', url: `${url}?signature=${token}`, token, allow: {} } as const;
  return createSnapshotReader(config, options);
}

let server: Awaited<ReturnType<typeof serve>> | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function writeForEver(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'.repeat(500)), 1);
  response.on('close', () => clearInterval(timer));
}

describe('reading a snapshot over HTTP', () => {
  it('sends the token, and the ETag of its copy, and takes 304 for unchanged', async () => {
    const seen: IncomingMessage['headers'][] = [];
    server = await serve(({ headers }, response) => {
      seen.push(headers);
      response.writeHead(headers['if-none-match'] === '"1"' ? 304 : 200, { etag: '"1"' });
      response.end(headers['if-none-match'] ? undefined : 'text');
    });
    const read = readerOf(server.url);

    const first = await read(undefined, signal);
    const second = await read(first?.etag, signal);

    expect(first).toEqual({ text: 'text', etag: '"1"' });
    expect(second).toBeUndefined();
    expect(seen).toMatchObject([{ authorization: `Bearer ${token}` }, { 'if-none-match': '"1"' }]);
  });

  it.each([
    [401, 'CREDENTIALS', 'set `token` of the source'],
    [403, 'ACCESS_DENIED', 'set `token` of the source'],
    [404, 'BAD_ANSWER', 'correct `url` of the source'],
    [302, 'BAD_ANSWER', 'redirects are not followed'],
    [503, 'UNREACHABLE', 'the next pass tries again'],
  ])('names source, address and fix for status %i, and no secret', async (status, code, fix) => {
    server = await serve((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());

    const thrown = await readerOf(server.url)(undefined, signal).catch((one: unknown) => one);

    expect(thrown).toMatchObject({ code, message: expect.stringContaining(fix) });
    expect(String(thrown)).toContain(`source relay, ${server.url}: the server answered ${status}`);
    expect(String(thrown)).not.toContain(token);
  });

  it('names the target of a redirect', async () => {
    const location = 'https://login.example/sso?state=geheim';
    server = await serve((_, response) => response.writeHead(302, { location }).end());

    await expect(readerOf(server.url)(undefined, signal)).rejects.toMatchObject({
      reason: `source relay, ${server.url}: the server answered 302: it redirects to https://login.example/sso`,
    });
  });

  it.each([
    ['does not finish its answer', 0],
    ['sends its answer byte by byte for ever', 1],
  ])('fm-54 gives up on a server that %s', async (_, everyMs) => {
    server = await serve((_request, response) => {
      response.write('{');
      const timer = everyMs > 0 ? setInterval(() => response.write(' '), everyMs) : undefined;
      response.on('close', () => clearInterval(timer));
    });

    await expect(readerOf(server.url, { timeoutMs: 50 })(undefined, signal)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('did not answer within 0.05 s'),
    });
  });

  it.each([
    ['says how long it is', (response: ServerResponse) => void response.end('x'.repeat(2_000))],
    ['never ends', (response: ServerResponse) => writeForEver(response)],
  ])('fm-54 reads an answer up to its limit when the answer %s', async (_, answer) => {
    server = await serve((_request, response) => answer(response));

    await expect(readerOf(server.url, { maxBytes: 1_000 })(undefined, signal)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('at most 64 MiB'),
    });
  });

  it('reads a file up to its limit and one byte more, to see that the file is too long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    const file = join(folder, 'long.json');
    writeFileSync(file, 'x'.repeat(5_000));
    const read = createSnapshotReader({ type: 'snapshot', name: 'relay', file, allow: {} }, { maxBytes: 1_000 });

    expect((await read(undefined, signal))?.text).toHaveLength(1_001);
    rmSync(folder, { recursive: true });
  });

  it('refuses a device, because a device has no end', async () => {
    const read = createSnapshotReader({ type: 'snapshot', name: 'relay', file: '/dev/zero', allow: {} });

    await expect(read(undefined, signal)).rejects.toThrow('it is a pipe or a device');
  });

  it('says that no server listens', async () => {
    const gone = await serve(() => undefined);
    await gone.close();

    await expect(readerOf(gone.url)(undefined, signal)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it("ends with the caller's reason when it is aborted", async () => {
    server = await serve(() => undefined);

    await expect(readerOf(server.url)(undefined, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});

describe('kong-privatelink with snapshots', () => {
  let estate: Estate;
  /** Another gateway's control plane. */
  let edge: Konnect;
  let file: string;

  beforeEach(async () => {
    estate = await openEstate();
    edge = await startKonnect({ controlPlanes: [{ name: 'edge' }], token: String(estate.env.KONNECT_TOKEN) });
    file = join(estate.folder, 'snapshot.json');
  });

  afterEach(() => Promise.all([estate.close(), edge.close()]));

  const relayConfig = (source: string, owner = 'test') => `owner: ${owner}
sources: [{ name: relay, type: snapshot, ${source} }]
controlPlane: { type: konnect, address: "${edge.url}", name: edge, token: "\${KONNECT_TOKEN}" }
`;

  const addressesIn = (konnect: Konnect, plane: string) =>
    konnect
      .entities(plane, 'targets')
      .map(({ target }) => target)
      .sort();

  it('writes its discovery, and another control plane gets equal targets from it without a call to AWS', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    const discover = await estate.run('discover', '--out', file);
    await estate.run('sync');
    estate.configure(relayConfig(`file: "${file}"`));
    const calls = estate.aws.calls.length;

    const sync = await estate.run('sync');

    expect(discover).toMatchObject({ exitCode: 0, err: expect.stringMatching(/(^|\n)wrote .*\n$/) });
    expect(discover.out).toContain('sd2');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(sync.exitCode).toBe(0);
    expect(addressesIn(edge, 'edge')).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
    expect(addressesIn(edge, 'edge')).toEqual(addressesIn(estate.konnect, 'prod'));
    expect(estate.aws.calls).toHaveLength(calls);
  });

  it('writes the last good of an unreadable scope into the file', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('discover', '--out', file);
    const before = readFileSync(file, 'utf8');
    estate.aws.inject({ action: 'DescribeVpcEndpoints', kind: 'throttle' });

    await estate.run('discover', '--out', file);

    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect(JSON.parse(readFileSync(file, 'utf8')).snapshot.scopes).toMatchObject([
      { status: 'unknown', code: 'THROTTLED', lastGood: { discovered: { endpoints: [{ id }] } } },
    ]);
  });

  it('syncs from a URL, and keeps the targets when the URL returns a web page', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('discover', '--out', file);
    let body = readFileSync(file, 'utf8');
    server = await serve((_, response) => response.end(body));
    estate.configure(relayConfig(`url: "${server.url}", token: ${token}`));
    await estate.run('sync');
    body = '<html>log in</html>';

    const sync = await estate.run('sync');

    expect(sync.exitCode).toBe(0);
    expect(sync.out).toContain(`source relay, ${server.url}: the snapshot is HTML`);
    expect(sync.out).not.toContain(token);
    expect(addressesIn(edge, 'edge')).toEqual(['10.0.1.11:80']);
  });

  it('refuses the snapshot of another owner', async () => {
    await estate.run('discover', '--out', file);
    estate.configure(relayConfig(`file: "${file}"`, 'other'));

    const { out } = await estate.run('discover');

    expect(out).toContain('belongs to owner test, not to other');
  });

  it('fm-07 starts with the last good of the process before, and warns when that cannot be used', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.aws.inject({ action: 'DescribeVpcEndpoints', kind: 'throttle' });

    const restored = await estate.run('sync', '--json');
    writeFileSync(join(estate.folder, '.kong-privatelink', 'last-good.test.json'), '{"version":1');
    const damaged = await estate.run('diff');

    expect(JSON.parse(restored.out)).toMatchObject({
      scopes: [{ id: `hub.self.${region}`, status: 'unknown', endpoints: 1, ageMs: expect.any(Number) }],
      changes: [],
    });
    expect(damaged.out).toContain('warning what was known before cannot be used');
    expect(damaged.exitCode).toBe(0);
  });
});
