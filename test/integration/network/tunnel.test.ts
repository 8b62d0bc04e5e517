import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, expect, it } from '@jest/globals';
import { messageOf } from '#core/errors';
import { openTunnel } from '#io/proxy/tunnel';
import { untrustedFix } from '#io/tls-failures';
import { createAuthority } from '../../support/network/certificates';
import { listenOn, startTlsFront } from '../../support/network/servers';
import { patienceMs } from '../../support/until';

const destination = { protocol: 'https:', host: 'konnect.example', port: 443 } as const;
const sockets: Socket[] = [];
let server: Server;

afterEach(() => {
  delete process.env.HTTPS_PROXY;
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

/** A proxy that handles each connection as the test says. */
async function through(act: (socket: Socket) => void, credentials = ''): Promise<string> {
  server = createServer((socket) => {
    sockets.push(socket);
    act(socket.on('error', () => {}));
  });
  const port = await listenOn(server);
  process.env.HTTPS_PROXY = `http://${credentials}127.0.0.1:${port}`;
  return `http://127.0.0.1:${port}`;
}

it.each<[string, (socket: Socket) => void, string, RegExp, number?]>([
  ['never answers', () => {}, 'ETIMEDOUT', /gave no answer: nothing within 0.05 s$/, 50],
  [
    'hangs up',
    (socket) => socket.once('data', () => socket.destroy()),
    'ECONNRESET',
    /gave no answer: .*socket hang up$/,
  ],
  [
    'speaks something else',
    (socket) => socket.end('SSH-2.0-x\r\n'),
    'HPE_INVALID_CONSTANT',
    /gave no answer: .*Parse Error/,
  ],
  [
    'answers 418',
    (socket) => socket.end('HTTP/1.1 418 x\r\n\r\n'),
    'PROXY_REFUSED',
    /answered 418 to CONNECT konnect.example:443$/,
  ],
])(
  'fm-60 the error names a proxy that %s, without its password',
  async (_, act, code, said, timeoutMs = patienceMs) => {
    const shown = await through(act, 'bob:geheim@');

    const thrown = await openTunnel(destination, timeoutMs)?.catch((error: unknown) => error);

    expect(thrown).toMatchObject({
      code,
      message: expect.stringContaining(`the proxy ${shown} (HTTPS_PROXY) `),
      fix: expect.stringMatching(/HTTPS_PROXY|NO_PROXY/),
    });
    expect(messageOf(thrown)).toMatch(said);
    expect(inspect(thrown, { depth: 20, showHidden: true })).not.toContain('geheim');
  },
);

it.each([
  ['Basic realm="corp"', /^put the user and password that it takes into HTTPS_PROXY: http:\/\/USER:PASSWORD@127/],
  ['', /^put the user and password/],
  ['Negotiate\r\nProxy-Authenticate: NTLM', /^let it take Basic: Negotiate and NTLM are not spoken here/],
  ['Negotiate, Basic realm="a"', /^put the user and password/],
])('fm-60 the error names the fix for a proxy that asks for %j', async (asked, fix) => {
  const header = asked && `Proxy-Authenticate: ${asked}\r\n`;
  await through((socket) => socket.end(`HTTP/1.1 407 x\r\n${header}\r\n`));

  await expect(openTunnel(destination, patienceMs)).rejects.toMatchObject({
    code: 'PROXY_REFUSED',
    fix: expect.stringMatching(fix),
  });
});

it('fm-60 the error names the setting for the authority of a proxy that speaks TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  const front = await startTlsFront(createAuthority(folder).issue('proxy', ['127.0.0.1']), 1);
  await through(() => {});
  process.env.HTTPS_PROXY = `https://127.0.0.1:${front.port}`;

  const thrown = await openTunnel(destination, patienceMs)?.catch((error: unknown) => error);
  await front.close();
  rmSync(folder, { recursive: true });

  expect(thrown).toMatchObject({ fix: untrustedFix });
});

it('fm-60 the error shows the right form of a variable that names another kind of proxy', async () => {
  await through(() => {});
  process.env.HTTPS_PROXY = 'socks5://bob:geheim@127.0.0.1:1080';

  await expect(openTunnel(destination, 50)).rejects.toMatchObject({
    message: 'HTTPS_PROXY names no HTTP proxy',
    fix: 'write HTTPS_PROXY as http://HOST:PORT, or unset it',
  });
});
