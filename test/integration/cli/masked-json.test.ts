import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';
import { builtCli } from '../../support/sandbox';

const [first, second] = ['first-secret-of-redis', 'second-secret-of-redis'];

let estate: Estate;
let endpoint: string;

beforeEach(async () => {
  estate = await openEstate();
  endpoint = estate.addEndpoint('sd2', ['10.0.1.11']);
  useSecret(first);
});

afterEach(() => estate.close());

function domainsWith(password: string): string {
  const plugin = { name: 'rate-limiting', config: { minute: 600, policy: 'redis', redis: { host: 'r', password } } };
  return `{ sd2: { plugins: [${JSON.stringify(plugin)}] } }`;
}

function useSecret(password: string): void {
  estate.configure(`${defaultConfig(estate)}domains: ${domainsWith(password)}\n`);
}

const passwords = () => JSON.stringify(estate.konnect.entities('prod', 'plugins'));

describe('JSON of a report', () => {
  it('masks the secrets of a plugin in each of its changes, as the text does, and nothing else', async () => {
    const planned = await estate.run('diff', '--json');
    const created = await estate.run('sync', '--json');
    useSecret(second);
    const updated = await estate.run('sync', '--json');
    const { changes } = JSON.parse(updated.out);

    expect(passwords()).toContain(second);
    expect(planned.out + created.out + updated.out).not.toMatch(/secret-of-redis/);
    expect(changes).toMatchObject([
      {
        kind: 'plugin',
        before: { fields: { name: 'rate-limiting', config: { minute: 600, redis: { password: '***' } } } },
        after: {
          fields: { name: 'rate-limiting', config: { minute: 600, policy: '***', redis: { password: '***' } } },
        },
      },
    ]);
    expect(JSON.parse(created.out).changes).toContainEqual(
      expect.objectContaining({
        after: expect.objectContaining({ fields: expect.objectContaining({ host: 'sd2.privatelink' }) }),
      }),
    );
  });

  it('masks the secrets where a domain is retired too', async () => {
    await estate.run('sync');
    estate.world.deleteEndpoint(endpoint);

    const { out } = await estate.run('retire', 'sd2', '--json', '--yes');

    expect(JSON.parse(out).applied).toContainEqual(
      expect.objectContaining({ change: expect.objectContaining({ kind: 'plugin' }) }),
    );
    expect(out).not.toMatch(/secret-of-redis/);
  });

  it('keeps the secrets in the plan file and in the output of render', async () => {
    const plan = join(estate.folder, 'plan.json');
    await estate.run('diff', '--out', plan);
    const { out } = await estate.run('render', '--json');
    const { text, changes } = JSON.parse(out);

    expect(readFileSync(plan, 'utf8')).toContain(first);
    expect(text).toContain(first);
    expect(JSON.stringify(changes)).not.toContain(first);
    expect((await estate.run('sync', '--plan', plan, '--json')).exitCode).toBe(0);
    expect(passwords()).toContain(first);
  });

  it('masks the secrets in the lines of a worker, and its log has none either', async () => {
    estate.configure(`${defaultConfig(estate)}domains: ${domainsWith(first)}\nwatch: { listen: "127.0.0.1:0" }\n`);
    const argv = [builtCli, 'sync', '--watch', '--json', '-c', join(estate.folder, 'kong-privatelink.yaml')];
    const env = { ...process.env, ...estate.env };
    const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    const [out, log] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);

    expect(passwords()).toContain(first);
    expect(JSON.parse(out.split('\n')[0] ?? '').changes).toContainEqual(expect.objectContaining({ kind: 'plugin' }));
    expect(log).toContain('change applied');
    expect(out + log).not.toMatch(/secret-of-redis/);
  });
});
