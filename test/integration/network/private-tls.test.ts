import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { messageOf } from '#core/errors';
import { type KongAdmin, startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { connectAdmin } from '#sync/control-planes/admin/control-plane';
import { connectDbless } from '#sync/control-planes/dbless/control-plane';
import type { TlsConfig } from '#sync/control-planes/kong-api/tls';
import { connectKonnect } from '#sync/control-planes/konnect/control-plane';
import { openPlane } from '#sync/control-planes/konnect/plane';
import { owner, signal, token } from '../../support/control-planes/konnect';
import { type Authority, type Certificate, createAuthority } from '../../support/network/certificates';
import { type Listening, listenOn, startTlsFront } from '../../support/network/servers';

let folder: string;
let authority: Authority;
let server: Certificate;
let client: Certificate;
let kong: KongAdmin;
let nodeKong: KongAdmin;
let konnect: Konnect;
const fronts: Listening[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  authority = createAuthority(folder);
  server = authority.issue('server', ['127.0.0.1', 'kong.example']);
  client = authority.issue('client', ['client.example']);
  [kong, nodeKong, konnect] = await Promise.all([
    startKongAdmin(),
    startKongAdmin({ hasDatabase: false }),
    startKonnect({ controlPlanes: [{ name: 'prod' }], token }),
  ]);
});

afterEach(async () => {
  await Promise.all(fronts.splice(0).map((one) => one.close()));
});

afterAll(async () => {
  await Promise.all([kong.close(), nodeKong.close(), konnect.close()]);
  rmSync(folder, { recursive: true });
});

/** The address of `url` behind TLS. */
async function behindTls(url: string, options: TlsOptions = {}): Promise<string> {
  const front = await startTlsFront({ ...server, ...options }, Number(new URL(url).port));
  fronts.push(front);
  return `https://127.0.0.1:${front.port}`;
}

async function readAdmin(options: TlsOptions, tls?: TlsConfig): Promise<unknown> {
  const address = await behindTls(kong.url, options);
  return connectAdmin({ type: 'admin', address, workspace: 'default', concurrency: 1, tls }, owner).read(signal);
}

function written(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** A server that requires a client certificate of the authority. */
const mutual = () => ({ requestCert: true, rejectUnauthorized: true, ca: authority.cert });

describe('a control plane behind a certificate of a private authority', () => {
  const readers: readonly (readonly [string, (tls?: TlsConfig) => Promise<unknown>])[] = [
    ['admin', (tls) => readAdmin({}, tls)],
    [
      'dbless',
      async (tls) => connectDbless({ type: 'dbless', address: await behindTls(nodeKong.url), tls }, owner).read(signal),
    ],
    [
      'konnect',
      async (tls) => {
        const address = await behindTls(konnect.url);
        return connectKonnect({ type: 'konnect', address, name: 'prod', token, concurrency: 1, tls }, owner).read(
          signal,
        );
      },
    ],
  ];

  it.each(readers)('fm-61 is trusted where tls.ca names the authority (%s)', async (_, read) => {
    expect(await read({ ca: authority.certFile })).toEqual([]);
  });

  it.each(readers)('fm-61 is refused without tls.ca, and the message names the setting (%s)', async (_, read) => {
    const refusal = expect.stringMatching(
      /certificate.*; name its authority in controlPlane\.tls\.ca \(a file in PEM\), or for the whole process in NODE_EXTRA_CA_CERTS$/,
    );

    await expect(read()).rejects.toMatchObject({ code: 'BAD_CONNECTION', message: refusal });
  });

  it('fm-61 is refused if its name differs, unless tls.serverName names it', async () => {
    const other = authority.issue('other', ['kong.example']);

    await expect(readAdmin(other, { ca: authority.certFile })).rejects.toMatchObject({
      code: 'BAD_CONNECTION',
      fix: 'write the name in the certificate as that of controlPlane.address, or name it in controlPlane.tls.serverName',
    });
    expect(await readAdmin(other, { ca: authority.certFile, serverName: 'kong.example' })).toEqual([]);
  });

  it('fm-61 is trusted by an address in tls.serverName, which is not sent as SNI', async () => {
    const sent: unknown[] = [];
    const other = { ...authority.issue('by-address', ['10.9.9.9']), SNICallback: (name: string) => sent.push(name) };

    expect(await readAdmin(other, { ca: authority.certFile, serverName: '10.9.9.9' })).toEqual([]);
    expect(sent).toEqual([]);
    await expect(readAdmin(other, { ca: authority.certFile, serverName: '10.9.9.8' })).rejects.toMatchObject({
      code: 'BAD_CONNECTION',
    });
  });

  it('fm-61 is trusted with any certificate where tls.skipVerify says so', async () => {
    expect(await readAdmin({}, { skipVerify: true })).toEqual([]);
  });
});

describe('a control plane that requires a client certificate', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'fm-61 gets the certificate of tls.cert and tls.key (%s)',
    async (maxVersion) => {
      const tls = { ca: authority.certFile, cert: client.certFile, key: client.keyFile };

      expect(await readAdmin({ ...mutual(), maxVersion }, tls)).toEqual([]);
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'fm-61 causes a message that names both settings where it gets none (%s)',
    async (maxVersion) => {
      await expect(readAdmin({ ...mutual(), maxVersion }, { ca: authority.certFile })).rejects.toMatchObject({
        // A connection that ends after the handshake may have any cause.
        code: maxVersion === 'TLSv1.2' ? 'BAD_CONNECTION' : 'UNREACHABLE',
        fix: expect.stringContaining('controlPlane.tls.cert and controlPlane.tls.key'),
      });
    },
  );
});

describe('a file of controlPlane.tls', () => {
  it.each<[string, () => TlsConfig, string]>([
    [
      'is missing',
      () => ({ ca: '/nowhere/ca.pem' }),
      'controlPlane.tls.ca: /nowhere/ca.pem cannot be used (there is no such file)',
    ],
    ['is a folder', () => ({ ca: folder }), 'controlPlane.tls.ca: '],
    ['is empty', () => ({ ca: written('empty.pem', '') }), 'empty.pem cannot be used (it is empty)'],
    [
      'is a bundle with an invalid certificate',
      () => ({ ca: written('bundle.pem', client.cert + client.cert.replace(/\n[^-\n]{9}/, '\n') + authority.cert) }),
      'bundle.pem cannot be used (certificate 2 of 3: ',
    ],
    [
      'is a bundle whose last certificate is cut',
      () => ({ ca: written('cut.pem', authority.cert + client.cert.slice(0, 99)) }),
      'cut.pem cannot be used (certificate 2 of 2: ',
    ],
    ['is no certificate', () => ({ ca: authority.keyFile }), 'ca.key cannot be used'],
    ['is a key', () => ({ cert: client.keyFile, key: client.keyFile }), 'controlPlane.tls.cert: '],
    ['is no key', () => ({ cert: client.certFile, key: client.certFile }), 'controlPlane.tls.key: '],
    ['is the key of another', () => ({ cert: client.certFile, key: server.keyFile }), 'server.key cannot be used'],
  ])('fm-61 is named in the message when it %s', async (_, tls, said) => {
    await expect(readAdmin({}, tls())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      transient: false,
      message: expect.stringContaining(said),
    });
  });

  it.each<[string, (text: string) => string]>([
    ['words between them', (text) => `# ours\n${text}# another\n${text}`],
    ['Windows lines', (text) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['a key beside them', (text) => text + authority.key],
  ])('fm-61 may hold certificates with %s', async (_, write) => {
    expect(await readAdmin({}, { ca: written('odd.pem', write(authority.cert)) })).toEqual([]);
  });

  it('fm-61 is read again for each connection, because certificates are renewed while a worker runs', async () => {
    const ca = join(folder, 'renewed.pem');
    writeFileSync(ca, client.cert);
    const address = await behindTls(kong.url);
    const plane = connectAdmin({ type: 'admin', address, workspace: 'default', concurrency: 1, tls: { ca } }, owner);

    await expect(plane.read(signal)).rejects.toMatchObject({ code: 'BAD_CONNECTION' });
    writeFileSync(ca, authority.cert);

    expect(await plane.read(signal)).toEqual([]);
  });
});

describe('controlPlane.headers', () => {
  const headers = { 'x-tenant': 'blue', authorization: 'Basic Ym9iOmdlaGVpbQ==' };

  /**
   * A server that repeats the headers of each request in its answer. The product quotes this
   * answer.
   */
  async function quoting<T>(ask: (address: string) => Promise<T>): Promise<T> {
    const server = createServer((request, response) => {
      response.writeHead(400).end(JSON.stringify({ message: JSON.stringify(request.headers) }));
    });
    try {
      return await ask(`http://127.0.0.1:${await listenOn(server)}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it('fm-61 are sent with each call, and no output shows their values', async () => {
    const read = (address: string) =>
      connectAdmin({ type: 'admin', address, workspace: 'default', concurrency: 1, token, headers }, owner).read(
        signal,
      );

    const message = await quoting((address) => read(address).catch(messageOf));

    expect(message).toContain('"x-tenant":"***","authorization":"***"');
    expect(message).toContain('"kong-admin-token":"***"');
  });

  it('fm-61 are sent to Konnect with its token, below the path of its address', async () => {
    const calls: string[] = [];
    const gateway = createServer(({ url = '', headers: got }, response) => {
      calls.push(`${url} ${got['x-tenant']} ${got.authorization}`);
      response.end('{"data":[{"id":"f3a1c8ba-97b1-4b8e-9d5e-0d4a2c6f1b11","name":"prod"}]}');
    });
    const address = `http://127.0.0.1:${await listenOn(gateway)}/konnect/`;
    const config = { type: 'konnect', address, name: 'prod', token, concurrency: 1 } as const;

    await openPlane({ ...config, headers: { 'x-tenant': 'blue' } })(signal);
    gateway.close();
    gateway.closeAllConnections();

    expect(calls).toEqual([
      expect.stringMatching(/^\/konnect\/v2\/control-planes\?.* blue Bearer kpat_secret-of-the-test$/),
    ]);
  });
});
