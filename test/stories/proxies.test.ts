import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { credentialsOf, sessionOf } from '#sandbox/aws/credentials';
import { startPluginServer } from '#sandbox/plugin-server/server';
import { type Estate, gatewayAccount, openEstate, region } from '../support/estate';
import { createAuthority } from '../support/network/certificates';
import { type Listening, listenOn, startProxy, startTlsFront, type TestProxy } from '../support/network/servers';
import { builtCli } from '../support/sandbox';
import { until } from '../support/until';

/** Only the proxy knows these hosts, so nothing that arrives came another way (fm-60). */
const hosts = ['ec2.example', 'sts.example', 'konnect.example', 'snapshot.example', 'issuer.example'];

let folder: string;
let authority: ReturnType<typeof createAuthority>;
let certificate: ReturnType<typeof authority.issue>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  authority = createAuthority(folder);
  certificate = authority.issue('server', [...hosts, '127.0.0.1']);
});

afterAll(() => rmSync(folder, { recursive: true }));

let estate: Estate;
let fronts: readonly Listening[];
let proxy: TestProxy;

beforeEach(async () => {
  estate = await openEstate();
  const [aws, konnect] = await Promise.all(
    [estate.aws, estate.konnect].map(({ url }) => startTlsFront(certificate, Number(new URL(url).port))),
  );
  fronts = [aws, konnect].flatMap((one) => one ?? []);
  proxy = await startProxy({
    'ec2.example': aws?.port ?? 0,
    'sts.example': aws?.port ?? 0,
    'konnect.example': konnect?.port ?? 0,
  });
});

afterEach(async () => {
  await Promise.all([proxy, ...fronts].map((one) => one.close()));
  await estate.close();
});

const aws = '{ ec2: "https://ec2.example", sts: "https://sts.example" }';

function configText(more = ''): string {
  return `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: ${aws}${more} }]
controlPlane: { type: konnect, address: "https://konnect.example", name: prod, token: "\${KONNECT_TOKEN}" }
`;
}

/** The command as a process, because Node reads the private authority only at its start. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const { accessKeyId, secretAccessKey } = credentialsOf(gatewayAccount);
  const child = spawn(process.execPath, [builtCli, ...argv, '-c', join(estate.folder, 'kong-privatelink.yaml')], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: authority.certFile,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_MAX_ATTEMPTS: '1',
      ...estate.env,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, exitCode };
}

describe('a proxy from the environment', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('fm-60 carries the calls to AWS, STS and Konnect (%s)', async (variable) => {
    const { arn } = estate.world.createRole({ account: gatewayAccount, name: 'discover' });
    estate.configure(configText(`, accounts: [{ roleArn: "${arn}" }]`));
    estate.addEndpoint('sd2', ['10.0.0.1']);

    const { err, exitCode } = await run(['sync'], { [variable]: proxy.url });

    expect([exitCode, err]).toEqual([0, expect.not.stringContaining('error')]);
    expect(new Set(proxy.asked)).toEqual(new Set(['sts.example:443', 'ec2.example:443', 'konnect.example:443']));
    expect(estate.konnect.entities('prod', 'services')).toHaveLength(1);
  });

  it('fm-60 may speak TLS itself', async () => {
    const front = await startTlsFront(certificate, proxy.port);
    estate.configure(configText());

    const { err, exitCode } = await run(['sync'], { HTTPS_PROXY: `https://127.0.0.1:${front.port}` });

    await front.close();
    expect([exitCode, err]).toEqual([0, expect.not.stringContaining('error')]);
    expect(new Set(proxy.asked)).toEqual(new Set(['sts.example:443', 'ec2.example:443', 'konnect.example:443']));
  });

  it('fm-60 carries plain http calls where HTTP_PROXY names it', async () => {
    const plain = await startProxy({ 'ec2.example': Number(new URL(estate.aws.url).port) });
    estate.configure(configText().replace('https://ec2.example', 'http://ec2.example:8000'));

    const { out, exitCode } = await run(['discover'], { HTTP_PROXY: plain.url, HTTPS_PROXY: proxy.url });

    await plain.close();
    expect([exitCode, out]).toEqual([0, expect.not.stringContaining('unknown scope')]);
    expect(new Set(plain.asked)).toEqual(new Set(['ec2.example:8000']));
  });

  it('fm-61 is refused if it breaks TLS open, and the fix names the setting of its authority', async () => {
    const relay = '{ name: relay, type: snapshot, url: "https://ec2.example/s" }';
    estate.configure(configText().replace(/\}\]$/m, `}, ${relay}]`));

    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: '' };
    const [discovered, synced] = [await run(['discover'], env), await run(['sync'], env)];

    const fix = /name its authority \(a file in PEM\) in NODE_EXTRA_CA_CERTS before the process starts/g;
    expect(discovered.out.match(fix)).toHaveLength(2);
    expect(synced.err).toContain('name its authority in controlPlane.tls.ca');
  });

  it('fm-60 gets the user and password of its variable, which no output shows', async () => {
    estate.configure(configText());
    const named = proxy.url.replace('//', '//us%40er:geheim%25@');
    const credentials = `Basic ${Buffer.from('us@er:geheim%').toString('base64')}`;

    const done = await run(['sync', '--json'], { HTTPS_PROXY: named });
    expect([done.exitCode, new Set(proxy.credentials)]).toEqual([0, new Set([credentials])]);

    proxy.answer(403);
    const refused = await Promise.all(
      [['doctor'], ['sync'], ['sync', '--json'], ['discover', '--json']].map((argv) =>
        run(argv, { HTTPS_PROXY: named }),
      ),
    );
    const said = [done, ...refused].map(({ out, err }) => out + err).join();
    expect(said).toContain(proxy.url);
    expect(said).not.toMatch(/geheim|us(@|%40)er/);
    expect(said).not.toContain(credentials);
  });

  it.each([
    [407, 'BAD_CONNECTION', 'put the user and password that it takes into HTTPS_PROXY: http://USER:PASSWORD@127.0.0.1'],
    [403, 'BAD_CONNECTION', 'let the proxy allow CONNECT to konnect.example:443'],
    [502, 'UNREACHABLE', 'see why the proxy does not reach it, or name konnect.example in NO_PROXY'],
  ])('fm-60 is named with the fix where it answers %s', async (status, code, fix) => {
    estate.configure(configText());
    proxy.answer(status);

    const [discovered, synced] = await Promise.all(
      ['discover', 'sync'].map((verb) => run([verb], { HTTPS_PROXY: proxy.url })),
    );

    const words = `the proxy ${proxy.url} (HTTPS_PROXY) answered ${status} to CONNECT`;
    expect(discovered?.out).toContain(`${words} ec2.example:443`);
    expect(synced).toMatchObject({ exitCode: 1, err: expect.stringContaining(`${words} konnect.example:443`) });
    expect(synced?.err).toContain(fix);
    expect(synced?.err).toContain(`[${code}]`);
  });

  it('fm-60 is named with the fix where it does not listen', async () => {
    estate.configure(configText());
    await proxy.close();

    const [discovered, synced] = await Promise.all(
      ['discover', 'sync'].map((verb) => run([verb], { HTTPS_PROXY: proxy.url })),
    );

    const words = `the proxy ${proxy.url} (HTTPS_PROXY) gave no answer: connect ECONNREFUSED`;
    const fix = (host: string) => `correct HTTPS_PROXY, see that the proxy runs, or name ${host} in NO_PROXY`;
    expect(discovered?.out).toContain(words);
    expect(discovered?.out).toContain(fix('ec2.example'));
    expect(synced?.err).toContain(words);
    expect(synced?.err).toContain(fix('konnect.example'));
    proxy = await startProxy({});
  });

  it('fm-60 carries the calls to a snapshot, and no call that NO_PROXY names', async () => {
    estate.configure(
      configText().replace(
        /sources: .*/,
        'sources: [{ name: relay, type: snapshot, url: "https://snapshot.example/s" }]',
      ),
    );

    const { err } = await run(['sync'], { HTTPS_PROXY: proxy.url, NO_PROXY: '.konnect.example' });

    expect(proxy.asked).toEqual(['snapshot.example:443']);
    expect(err).toContain('getaddrinfo ENOTFOUND konnect.example');
  });

  it('fm-60 carries the calls for credentials of a web identity and of SSO', async () => {
    const { arn } = estate.world.createRole({ account: gatewayAccount, name: 'discover' });
    const session = sessionOf({ account: gatewayAccount, name: 'discover', arn }, 'test');
    const issuer = createServer((request, response) => response.end(credentialsFor(request.url ?? '', session)));
    const front = await startTlsFront(certificate, await listenOn(issuer));
    const [, ec2] = fronts;
    await proxy.close();
    proxy = await startProxy({ 'issuer.example': front.port, 'ec2.example': ec2?.port ?? 0 });
    estate.configure(configText());
    const issued = 'https://issuer.example';
    writeFileSync(join(folder, 'token'), 'a token');
    writeSso();

    const webIdentity = await run(['discover'], {
      ...noKeys,
      ...{ HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL_STS: issued },
      ...{ AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'), AWS_ROLE_ARN: arn },
    });
    const ssoEnv = {
      ...noKeys,
      ...{ HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL_SSO: issued, AWS_PROFILE: 'people' },
      ...{ AWS_CONFIG_FILE: join(folder, 'aws-config') },
    };
    const sso = await run(['discover'], ssoEnv);
    const asked = proxy.asked.filter((one) => one.startsWith('issuer'));
    proxy.answer(407);
    const refused = await run(['discover'], ssoEnv);

    await front.close();
    issuer.close();
    issuer.closeAllConnections();
    expect([webIdentity, sso].map(({ out, exitCode }) => [exitCode, out])).toEqual(
      Array(2).fill([0, expect.any(String)]),
    );
    expect(asked).toHaveLength(2);
    expect(refused.out).toMatch(
      /failed: the proxy \S+ \(HTTPS_PROXY\) answered 407 to CONNECT issuer.example:443; correct HTTPS_PROXY/,
    );
  });
});

it.each(['kong-js-pluginserver', 'kong-privatelink-pluginserver'] as const)(
  "fm-60 a proxy carries the data plane's discovery, where nginx hands its variable to %s",
  async (program) => {
    estate.configure(configText());
    const { accessKeyId, secretAccessKey } = credentialsOf(gatewayAccount);
    const server = await startPluginServer({
      program,
      entriesDir: join(dirname(builtCli), '../../plugin/entries'),
      socketPath: join(folder, 'js.sock'),
      env: {
        ...{ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.certFile },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
        ...{
          KONG_PRIVATELINK_CONFIG: join(estate.folder, 'kong-privatelink.yaml'),
          KONG_PRIVATELINK_ZONE_ID: 'use1-az2',
        },
      },
      cwd: folder,
    });

    await server.startInstance('privatelink', { domain: 'sd2', probe: 'none' });
    await until('discovery asks AWS', () => estate.aws.calls.some(({ action }) => action === 'DescribeVpcEndpoints'));

    expect(proxy.asked).toContain('ec2.example:443');
    await server.close();
  },
);

const noKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };

/** The credentials of STS for a web identity, and of SSO's portal for a token of its own. */
function credentialsFor(url: string, { accessKeyId, secretAccessKey, sessionToken }: ReturnType<typeof sessionOf>) {
  if (url.startsWith('/federation/credentials')) {
    const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: Date.now() + 3_600_000 };
    return JSON.stringify({ roleCredentials });
  }
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId>
<SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken>
<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

/** A profile of SSO, and the cache that `aws sso login` leaves. */
function writeSso(): void {
  const start = 'https://people.example/start';
  const profile = [
    `[profile people]\nsso_start_url = ${start}\nsso_region = ${region}\nsso_account_id = ${gatewayAccount}`,
    'sso_role_name = discover\n',
  ];
  writeFileSync(join(folder, 'aws-config'), profile.join('\n'));
  const cache = join(folder, '.aws/sso/cache');
  mkdirSync(cache, { recursive: true });
  const login = { accessToken: 'a token', expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  writeFileSync(join(cache, `${createHash('sha1').update(start).digest('hex')}.json`), JSON.stringify(login));
}
