import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { applyChanges } from '#sync/control-planes/apply';
import { connectDeck } from '#sync/control-planes/deck-cli/control-plane';
import { runDeck } from '#sync/control-planes/deck-cli/run';
import { createsOf, documentOf, owner, signal } from '../../support/control-planes/konnect';
import { createAuthority } from '../../support/network/certificates';
import { createFakeClock } from '../../support/passes';
import { patienceMs, until } from '../../support/until';

const fake = join(__dirname, '../../fixtures/fake-deck.js');
const token = 'kpat_secret-of-the-test';
const call = z.object({ argv: z.array(z.string()), env: z.record(z.string(), z.string()), input: z.string() });
type Answer = {
  readonly out?: string;
  readonly err?: string;
  readonly exitCode?: number;
  readonly hangs?: boolean | string;
  readonly leavesChild?: boolean;
  readonly repeats?: string;
};

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fake-deck-'));
  answer({});
});

afterEach(() => rmSync(home, { recursive: true }));

function answer(over: Readonly<Record<string, Answer>>): void {
  const usual = { version: { out: 'decK v1.64.0 (x) \n' }, dump: { out: '{}' }, sync: { out: '{"errors":[]}' } };
  writeFileSync(join(home, 'answers.json'), JSON.stringify({ ...usual, ...over }));
}

function calls() {
  const lines = readFileSync(join(home, 'calls.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => call.parse(JSON.parse(line)));
}

const environment = () => ({ PATH: process.env.PATH, HOME: home, SECRET: 'x', DECK_BOB: 'bob' });

function connect(over: object = {}, base = parseBase([]), env: Readonly<Record<string, string>> = {}) {
  const config = { type: 'deck', address: 'https://us.api.konghq.com', name: 'prod', token, binary: fake } as const;
  return connectDeck({ ...config, ...over }, owner, { base, env: { ...environment(), ...env } });
}

async function apply(plane: ReturnType<typeof connect>) {
  const clock = createFakeClock(0);
  const changes = createsOf(documentOf('sd2', 1));
  return (await applyChanges(changes, { controlPlane: plane, clock, concurrency: 1, signal })).results;
}

describe('the decK that the product runs', () => {
  it('receives the rendered file, the token in its environment, and nothing else', async () => {
    const document = documentOf('sd2', 1);

    const results = await apply(connect());

    expect(results.map((one) => one.outcome)).toEqual(document.map(() => 'applied'));
    const [sync] = calls().filter(({ argv }) => argv[1] === 'sync');
    expect(sync?.input).toBe(renderText(document, { owner, controlPlaneName: 'prod' }));
    expect(sync?.env).toMatchObject({ HOME: home, DECK_KONNECT_TOKEN: token });
    expect(Object.keys(sync?.env ?? {})).not.toContain('SECRET');
    for (const { argv } of calls()) {
      expect(argv.join(' ')).not.toContain(token);
      expect(argv).toContain('--analytics=false');
    }
  });

  it.each(['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'])('fm-60 receives %s, in either case', async (name) => {
    const env = { [name]: 'http://upper.example', [name.toLowerCase()]: 'http://lower.example' };

    await connect({}, undefined, env).read(signal);

    expect(calls().at(-1)?.env).toMatchObject(env);
  });

  it('fm-61 receives the TLS settings by variables, and no secret on its command line', async () => {
    const authority = createAuthority(home);
    const { certFile: cert, keyFile: key } = authority.issue('client', ['client.example']);
    const tls = { ca: authority.certFile, cert, key, serverName: 'kong.example', skipVerify: true };

    await apply(connect({ name: undefined, tls, headers: { 'x-tenant': 'blue-secret', 'x-b': '2' } }));

    for (const { argv, env } of calls().filter(({ argv }) => argv[0] === 'gateway')) {
      expect(env).toMatchObject({
        DECK_CA_CERT_FILE: tls.ca,
        DECK_TLS_CLIENT_CERT_FILE: cert,
        DECK_TLS_CLIENT_KEY_FILE: key,
        DECK_TLS_SERVER_NAME: 'kong.example',
        DECK_TLS_SKIP_VERIFY: 'true',
        DECK_HEADERS: 'x-tenant:blue-secret x-b:2',
      });
      expect(argv.join(' ')).not.toMatch(/blue-secret|client\.key/);
    }
  });

  it("writes to Kong's Admin API where no control plane is named", async () => {
    await connect({ name: undefined, address: 'http://127.0.0.1:8001' }).read(signal);

    const [, dump] = calls();
    expect(dump?.argv).toEqual(expect.arrayContaining(['--kong-addr', 'http://127.0.0.1:8001']));
    expect(dump?.env).toMatchObject({ DECK_KONG_ADMIN_TOKEN: token });
    expect(dump?.env).not.toHaveProperty('DECK_KONNECT_TOKEN');
    expect(dump?.argv).not.toContain('--workspace');
  });

  it('reads and writes the configured workspace, and no other', async () => {
    await apply(connect({ name: undefined, workspace: 'team' }));

    const gateway = calls().filter(({ argv }) => argv[0] === 'gateway');
    for (const { argv } of gateway) expect(argv.join(' ')).toContain('--workspace team');
    expect(parse(gateway.find(({ argv }) => argv[1] === 'sync')?.input ?? '')).toMatchObject({ _workspace: 'team' });
  });

  it('receives base files and the variables that the files name', async () => {
    const text = `_format_version: "3.0"\nconsumers:\n- username: $\{{ env "DECK_BOB" }}\n`;
    const plane = connect({}, parseBase([{ path: 'base.yaml', text }]));

    await plane.writeAll([], signal);

    const [sync] = calls().filter(({ argv }) => argv[1] === 'sync');
    expect(parse(sync?.input ?? '').consumers).toMatchObject([{ tags: ['kong-privatelink:base'] }]);
    expect(sync?.env).toMatchObject({ DECK_BOB: 'bob' });
    expect(plane.hasBase).toBe(true);
  });

  it('reads entities without tags only where the plan creates an entity', async () => {
    const dump = { services: [{ name: 'sd2', host: 'x' }, { name: 'other' }], routes: [{ name: 'sd2' }] };
    answer({ dump: { out: JSON.stringify(dump) } });

    const results = await apply(connect());

    const failed = results.filter((one) => one.outcome === 'failed').map(({ change }) => change.kind);
    expect(failed.sort()).toEqual(['route', 'service']);
    expect(results.find((one) => one.change.kind === 'plugin')?.outcome).toBe('skipped');
  });
});

describe('a decK that does not work', () => {
  it.each([
    ['is missing', { binary: '/nowhere/deck' }, {}, 'there is no decK at /nowhere/deck; install decK 1.40'],
    ['is something else', {}, { version: { out: 'hello\n' } }, 'is not decK'],
    ['is old', {}, { version: { out: 'decK v1.39.2 (x)\n' } }, 'is decK 1.39, which is too old; install decK 1.40'],
    ['returns no JSON', {}, { dump: { out: 'services: []' } }, 'does not understand'],
    [
      'is refused',
      {},
      { dump: { err: 'Error: HTTP status 401 (message: "Unauthorized")\n', exitCode: 1 } },
      'deck gateway dump failed: HTTP status 401 (message: "Unauthorized"); give controlPlane.token',
    ],
    [
      'finds no control plane',
      {},
      { dump: { err: 'Error: control plane not found: prod', exitCode: 1 } },
      'controlPlane.name',
    ],
    ['names no reason', {}, { dump: { exitCode: 2 } }, 'it gave no reason'],
    [
      'names a file that cannot be used (fm-61)',
      { tls: { ca: '/nowhere/ca.pem' } },
      {},
      'controlPlane.tls.ca: /nowhere/ca.pem cannot be used',
    ],
    [
      'quotes a header (fm-61)',
      { headers: { 'x-tenant': 'blue-secret' } },
      { dump: { err: 'Error: HTTP status 403 (message: "no blue-secret")', exitCode: 1 } },
      'HTTP status 403 (message: "no ***")',
    ],
    [
      'does not know the authority of a certificate (fm-61)',
      {},
      {
        dump: {
          err: 'Error: making HTTP request: Get "https://x": tls: failed to verify certificate: x509: certificate signed by unknown authority',
          exitCode: 1,
        },
      },
      'name the authority of its certificate in controlPlane.tls.ca',
    ],
    [
      'does not get through a proxy (fm-60)',
      {},
      {
        dump: {
          err: 'Error: making HTTP request: Get "https://x": proxyconnect tcp: parse "http://me:geheim@proxy": no',
          exitCode: 1,
        },
      },
      'proxyconnect tcp: parse "http://***@proxy": no; correct HTTPS_PROXY, which decK uses, or name the host of controlPlane.address in NO_PROXY',
    ],
    ...[
      'fetching control planes: HTTP status 404 (message: "no Route matched with those values")',
      'reading Kong version: HTTP status 404 (message: "<failed to parse response body: invalid character>")',
      "fetching control planes: invalid character '<' looking for beginning of value",
      "reading Kong version: failed decoding response body: invalid character '<' looking for beginning of value",
    ].map(
      (said) =>
        [
          `finds something else than a control plane: ${said}`,
          {},
          { dump: { err: `Error: ${said}`, exitCode: 1 } },
          "set controlPlane.address to the address of Konnect's API in your region",
        ] as const,
    ),
    [
      'is refused by a proxy (fm-60)',
      {},
      { dump: { err: 'Error: making HTTP request: Get "https://x": Bad Gateway', exitCode: 1 } },
      'correct HTTPS_PROXY',
    ],
  ] as const)('ends the pass when it %s', async (_, config, answers, said) => {
    answer(answers);

    await expect(connect(config).read(signal)).rejects.toThrow(said);
  });

  it.each([
    ['certificate relies on legacy Common Name field, use SANs instead', /alternative names \(SAN\).*use type admin/],
    [
      "cannot validate certificate for 10.1.2.3 because it doesn't contain any IP SANs",
      /controlPlane\.tls\.serverName/,
    ],
    ['certificate is valid for a, not b', /controlPlane\.tls\.serverName/],
    ['certificate has expired or is not yet valid: current time', /let its certificate be renewed/],
    ['certificate specifies an incompatible key usage', /correct its certificate/],
  ])('fm-61 leads to a fix for a certificate of which it says: %s', async (said, fix) => {
    const err = `Error: making HTTP request: Get "https://x": tls: failed to verify certificate: x509: ${said}`;
    answer({ dump: { err, exitCode: 1 } });

    await expect(connect().read(signal)).rejects.toMatchObject({
      code: 'BAD_CONNECTION',
      fix: expect.stringMatching(fix),
    });
  });

  it('comes from DECK_BIN, and then from PATH, where no binary is configured', async () => {
    const read = (env: Readonly<Record<string, string>>) =>
      connectDeck({ type: 'deck', address: 'https://kong.example' }, owner, { env }).read(signal);

    await expect(read({ DECK_BIN: '/nowhere/else', PATH: home })).rejects.toThrow('there is no decK at /nowhere/else');
    await expect(read({ PATH: home })).rejects.toThrow('there is no decK at deck');
  });

  it('is reported with its failure and with the number of created entities', async () => {
    const [upstream] = documentOf('sd2', 1);
    const error = 'while processing event: Create service sd2 failed: HTTP status 400 (message: "no")';
    answer({ sync: { out: JSON.stringify({ errors: [error] }) } });
    const plane = connect();
    const before = createsOf(documentOf('sd2', 1));
    answer({
      sync: { out: JSON.stringify({ errors: [error] }) },
      dump: { out: JSON.stringify({ upstreams: [{ ...upstream?.fields, tags: upstream?.tags }] }) },
    });

    const failed = await plane.writeAll(before, signal);

    expect(failed.map(({ change }) => change.kind)).toEqual(['target', 'service', 'plugin', 'route']);
    expect(String(failed[0]?.thrown)).toContain(error);
  });

  it('fm-54 is quoted from the beginning of a long message', async () => {
    answer({ dump: { err: `Error: ${'x'.repeat(100_000)}`, exitCode: 1 } });

    await expect(connect().read(signal)).rejects.toMatchObject({
      reason: expect.stringMatching(/^deck gateway dump failed: x{4000}…$/),
    });
  });

  it('throws when the base files failed', async () => {
    answer({ sync: { out: '{"errors":["Create consumer bob failed"]}' } });

    await expect(connect().writeAll([], signal)).rejects.toThrow('Create consumer bob failed');
  });
});

describe('a decK that does not end', () => {
  const command = { binary: fake, argv: ['gateway', 'dump'], env: {}, timeoutMs: patienceMs };

  it.each(['until asked', 'for ever'])('is stopped by the signal when it hangs %s', async (hangs) => {
    answer({ dump: { hangs } });
    const stopping = new AbortController();
    const running = runDeck({ ...command, env: { HOME: home, PATH: process.env.PATH ?? '' } }, stopping.signal, 50);
    await until('decK runs', () => calls().length === 1);

    stopping.abort(new Error('stopped'));

    await expect(running).rejects.toThrow('stopped');
  });

  it.each(['stdout', 'stderr'])('fm-54 is stopped when it writes to %s for ever', async (repeats) => {
    answer({ dump: { repeats } });
    const env = { HOME: home, PATH: process.env.PATH ?? '' };

    await expect(runDeck({ ...command, env, mostChars: 1_000_000 }, signal, 50)).rejects.toMatchObject({
      code: 'CONTROL_PLANE',
      reason: expect.stringMatching(/gateway dump wrote more than 1000000 characters and was stopped$/),
      fix: expect.stringContaining('controlPlane.binary'),
    });
  });

  it('fm-54 is not waited for when its child process holds the output open', async () => {
    answer({ dump: { hangs: 'until asked', leavesChild: true } });
    const stopping = new AbortController();
    const running = runDeck({ ...command, env: { HOME: home, PATH: process.env.PATH ?? '' } }, stopping.signal, 50);
    await until('decK has started it', () => existsSync(join(home, 'child.pid')));
    const child = Number(readFileSync(join(home, 'child.pid'), 'utf8'));

    stopping.abort(new Error('stopped'));

    await expect(running).rejects.toThrow('stopped');
    // The child process still runs, and would hold the output for ten minutes.
    expect(process.kill(child)).toBe(true);
  });

  it('is stopped after its time limit', async () => {
    answer({ dump: { hangs: true } });
    const env = { HOME: home, PATH: process.env.PATH ?? '' };

    await expect(runDeck({ ...command, env, timeoutMs: 300 }, signal, 50)).rejects.toThrow('took more than 0.3 s');
  });
});
