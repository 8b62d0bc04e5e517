import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Config } from '#config/schema';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { keysOf } from '../../support/aws/keys';
import { vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { listenOn } from '../../support/network/servers';
import { createFakeClock } from '../../support/passes';

/**
 * The errors that people read where another server answers for AWS, or the SDK finds no
 * credentials.
 */

let server: Server;
let endpoint: string;
let folder: string;
let answer: { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };
const before = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  server = createServer((_, response) => response.writeHead(answer.status, answer.headers).end(answer.body));
  endpoint = `http://127.0.0.1:${await listenOn(server)}`;
});

beforeEach(() => {
  Object.assign(process.env, { AWS_MAX_ATTEMPTS: '1', AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: folder });
});

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function unknownOf(source: Config['sources'][number]): Promise<unknown> {
  const clock = createFakeClock();
  const sources = createSources({ owner: 'test', sources: [source] }, { clock });
  const { scopes } = await createDiscoverer(sources, { clock }).discover(new AbortController().signal);
  return scopes[0];
}

const bodies = ['<html><body>Service Unavailable</body></html>', '<html><p>no end', 'plain words', ''];

describe('an answer that is not from AWS', () => {
  it.each([503, 502, 407, 403, 404].flatMap((status) => bodies.map((body) => [status, body] as const)))(
    'is reported by its status %s, whatever its body: %j',
    async (status, body) => {
      Object.assign(process.env, keysOf('111111111111'));
      answer = { status, body };

      const told = await Promise.all([vpcEndpointsConfig({ endpoint }), cloudMapConfig({ endpoint })].map(unknownOf));

      const words = new RegExp(
        `failed: the answer has status ${status} and is not AWS's; check \`endpoint\` of the source, and that no proxy`,
      );
      expect(told).toMatchObject(Array(2).fill({ code: 'BAD_ANSWER', reason: expect.stringMatching(words) }));
    },
  );
});

describe('an answer that redirects', () => {
  const places = [
    ['https://login.example/sso?state=geheim', 'to https://login.example/sso'],
    [undefined, 'and does not say where to'],
  ] as const;

  it.each(places.flatMap(([location, where]) => bodies.map((body) => [location, where, body] as const)))(
    'is reported with its target (%s), whatever its body',
    async (location, where, body) => {
      Object.assign(process.env, keysOf('111111111111'));
      answer = { status: 302, body, headers: location === undefined ? {} : { location } };

      const told = await Promise.all([vpcEndpointsConfig({ endpoint }), cloudMapConfig({ endpoint })].map(unknownOf));

      const words = `failed: the answer has status 302 and is not AWS's: it redirects ${where}; check`;
      expect(told).toMatchObject(Array(2).fill({ code: 'BAD_ANSWER', reason: expect.stringContaining(words) }));
    },
  );
});

describe('missing credentials', () => {
  const own = () => vpcEndpointsConfig({ endpoint });
  const role = () => vpcEndpointsConfig({ endpoint, accounts: [{ roleArn: 'arn:aws:iam::111111111111:role/a' }] });

  it.each([
    ['own', own],
    ['a role', role],
  ])('are reported with the profile of AWS_PROFILE that does not exist (%s)', async (_, source) => {
    const file = join(folder, 'config');
    writeFileSync(file, '[profile people]\nregion = us-east-1\n');
    Object.assign(process.env, { AWS_PROFILE: 'poeple', AWS_CONFIG_FILE: file });

    expect(await unknownOf(source())).toMatchObject({
      code: 'CREDENTIALS',
      reason: expect.stringMatching(
        /profile "poeple" of AWS_PROFILE has no credentials; correct AWS_PROFILE, or the profile in .*config/,
      ),
    });
  });

  it.each([
    ['own', own],
    ['a role', role],
  ])('are reported with the unreadable file of AWS_WEB_IDENTITY_TOKEN_FILE (%s)', async (_, source) => {
    const AWS_ROLE_ARN = 'arn:aws:iam::111111111111:role/worker';
    Object.assign(process.env, { AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token' });

    expect(await unknownOf(source())).toMatchObject({
      code: 'CREDENTIALS',
      reason: expect.stringMatching(
        /the token of a web identity cannot be read \(.*ENOENT.*'\/nowhere\/token'\); correct AWS_WEB_IDENTITY_TOKEN_FILE/,
      ),
    });
  });

  it("are reported with the unreadable file of a container's token (EKS Pod Identity)", async () => {
    Object.assign(process.env, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nowhere/token',
    });

    expect(await unknownOf(own())).toMatchObject({
      code: 'CREDENTIALS',
      reason: expect.stringMatching(
        /the token of the container cannot be read \(.*ENOENT.*'\/nowhere\/token'\); correct AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, or mount/,
      ),
    });
  });
});
