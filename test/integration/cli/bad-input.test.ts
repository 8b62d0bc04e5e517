import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

/** All writes that the control plane received. */
function writes(): readonly string[] {
  return estate.konnect.calls.filter((call) => call.method !== 'GET').map((call) => `${call.method} ${call.path}`);
}

function addresses(): readonly unknown[] {
  return estate.konnect.entities('prod', 'targets').map((target) => target.target);
}

describe('an unusable configuration', () => {
  it('says which file was missing', async () => {
    const { exitCode, err } = await runCli(['sync', '-c', join(estate.folder, 'absent.yaml')]);

    expect(exitCode).toBe(1);
    expect(err).toContain('absent.yaml');
    expect(err).toContain('-c FILE');
  });

  it.each([
    ['an unknown key', 'sorces: []\n', 'sorces: unknown key'],
    ['an unknown key inside', 'policy: { maxRemovePercentage: 3 }\n', 'policy.maxRemovePercentage: unknown key'],
    ['a value out of range', 'policy: { maxRemovePercent: 300 }\n', 'policy.maxRemovePercent'],
  ])('names %s and writes nothing', async (_, more, message) => {
    estate.configure(defaultConfig(estate) + more);

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain(message);
    expect(estate.konnect.calls).toEqual([]);
  });

  it.each([
    ['an owner', 'owner: test', 'owner: team/a', 'owner: letters, digits, dot, dash and underscore, at most 100'],
    ['an owner', 'owner: test', `owner: ${'a'.repeat(123)}`, 'owner: letters, digits, dot, dash and underscore'],
    ['a source', 'name: hub', 'name: hub/a', 'sources[0].name: lowercase letters, digits and dashes, at most 63'],
  ])('names %s that no tag could hold, and writes nothing: %#', async (_, from, to, message) => {
    estate.configure(defaultConfig(estate).replace(from, to));

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain(message);
    expect(estate.konnect.calls).toEqual([]);
  });

  it('names the variable and the field when a variable is not set', async () => {
    const file = join(estate.folder, 'kong-privatelink.yaml');

    const { exitCode, err } = await runCli(['sync', '-c', file], {});

    expect(exitCode).toBe(1);
    expect(err).toContain('controlPlane.token: environment variable KONNECT_TOKEN is not set');
  });

  it('names the line of a YAML mistake', async () => {
    estate.configure('owner: test\nsources: [\n');

    expect((await estate.run('sync')).err).toMatch(/kong-privatelink.yaml:3:1: the file: /);
  });

  it('refuses plain http to a control plane on another machine', async () => {
    estate.configure(defaultConfig(estate).replace(estate.konnect.url, 'http://konnect.example'));

    expect((await estate.run('sync')).err).toContain('controlPlane.address: plain http is accepted only on loopback');
  });

  it('returns the error as JSON with --json', async () => {
    estate.configure('owner: test\n');

    const { exitCode, out } = await estate.run('sync', '--json');

    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      error: {
        code: 'CONFIG_INVALID',
        fix: expect.stringMatching(/^sources: .*; controlPlane: /),
        problems: [
          { line: 1, column: 1, path: 'sources', message: expect.stringMatching(/^sources: is required/) },
          { line: 1, column: 1, path: 'controlPlane', fix: expect.stringMatching(/./) },
        ],
      },
    });
  });
});

describe('an AWS that answers wrongly', () => {
  it('ends with 1 and writes nothing when no scope has usable credentials', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIAUNKNOWN';

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(out).toContain('credentials');
    expect(writes()).toEqual([]);
  });

  it('fm-02 goes on with one region, and removes nothing of the region that denies access', async () => {
    estate.configure(defaultConfig(estate).replace('regions: [us-east-1]', 'regions: [us-east-1, us-west-2]'));
    const east = estate.addEndpoint('sd2', ['10.0.1.11']);
    const west = estate.addEndpoint('sd3', ['10.1.1.11'], { region: 'us-west-2' });
    await estate.run('sync');
    estate.world.setTags(west, {});
    estate.world.setState(east, 'rejected', { code: 'Rejected', message: 'by the service owner' });
    estate.aws.inject({ kind: 'denied', region: 'us-west-2' });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('unknown scope hub.self.us-west-2');
    expect(out).toContain('allow ec2:DescribeVpcEndpoints');
    expect(addresses()).toEqual(['10.1.1.11:80']);
  });

  it.each(['throttle', 'error', 'drop', 'garbage'] as const)(
    'fm-02 keeps all targets when every call meets %s',
    async (kind) => {
      estate.addEndpoint('sd2', ['10.0.1.11']);
      await estate.run('sync');
      estate.konnect.resetCalls();
      estate.aws.inject({ kind });

      const { exitCode, out } = await estate.run('sync');

      expect(exitCode).toBe(0);
      expect(out).toContain('unknown scope hub.self.us-east-1');
      expect(writes()).toEqual([]);
      expect(addresses()).toEqual(['10.0.1.11:80']);
    },
  );

  it.each([
    'pendingAcceptance',
    'pending',
    'partial',
    'rejected',
    'failed',
    'expired',
    'deleting',
    'deleted',
    'someNewState',
  ])('writes nothing for an endpoint that is %s, and shows the state', async (state) => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { state });

    const discover = await estate.run('discover');
    const sync = await estate.run('sync');

    expect(discover.out).toContain(state === 'someNewState' ? 'unlisted' : state);
    expect(sync.exitCode).toBe(0);
    expect(writes()).toEqual([]);
  });
});

describe('endpoints that claim too much', () => {
  it.each([
    ['kong:path of /', { 'kong:path': '/' }, 'allow.paths'],
    ['kong:path of another domain', { 'kong:path': '/sd2' }, 'belongs to domain sd2'],
    ['a bad port', { 'kong:port': 'eighty' }, 'tag kong:port is "eighty"'],
    ['TLS without a host', { 'kong:protocol': 'https' }, 'tag kong:host is absent'],
    ['a bad domain', { 'kong:domain': 'SD 3' }, 'tag kong:domain is "SD 3"'],
    ['a domain that no tag of Kong could name', { 'kong:domain': 'team/sd3' }, 'tag kong:domain is "team/sd3"'],
    [
      'a domain that is too long',
      { 'kong:domain': 'd'.repeat(129) },
      'lowercase letters, digits and dashes, at most 63',
    ],
    ['a path with a comma', { 'kong:path': '/a,b' }, 'tag kong:path is "/a,b"'],
  ])('fm-11 quarantines %s and goes on with the rest', async (_, tags, reason) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12'], { tags });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain(reason);
    expect(out).toContain('Fix: ');
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });

  it('lets the oldest endpoint win when two endpoints of one domain disagree', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const younger = estate.addEndpoint('sd2', ['10.0.1.12'], {
      tags: { 'kong:protocol': 'https', 'kong:host': 'sd2.example' },
    });

    const { out } = await estate.run('sync');

    expect(out).toContain(`quarantined ${younger}`);
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });

  it('ignores endpoints of another gateway, and says so in discover', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:gateway': 'other' } });

    const { out } = await estate.run('sync');
    const discover = await estate.run('discover');

    expect(writes()).toEqual([]);
    expect(out).not.toContain('quarantined');
    expect(discover.out).toContain('is for kong:gateway other');
  });
});

describe('a control plane that answers wrongly', () => {
  it('ends with 1 at a wrong token, and does not print the token', async () => {
    const file = join(estate.folder, 'kong-privatelink.yaml');

    const { exitCode, out, err } = await runCli(['sync', '-c', file], { KONNECT_TOKEN: 'kpat_wrong' });

    expect(exitCode).toBe(1);
    expect(err).toContain('[CONTROL_PLANE_AUTH]');
    expect(out + err).not.toContain('kpat_wrong');
  });

  it('names the existing control planes when the configured name does not exist', async () => {
    estate.configure(defaultConfig(estate).replace('name: prod', 'name: staging'));

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain('staging');
    expect(err).toContain('prod');
  });

  it.each([
    ['429 for a long time', 1, { kind: 'status', status: 429, headers: { 'retry-after': '120' } } as const],
    ['500', 12, { kind: 'status', status: 500 } as const],
    ['a dropped connection', 12, { kind: 'drop' } as const],
    ['a connection dropped after the write took effect', 12, { kind: 'drop', when: 'after' } as const],
  ])(
    'fm-12 finishes in the next pass after %s in the middle of an apply',
    async (_, times, fault) => {
      estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11', '10.0.3.11']);
      estate.addEndpoint('sd3', ['10.0.1.12']);
      estate.konnect.inject({ ...fault, method: 'PUT', after: 3, times });

      const first = await estate.run('sync');
      const second = await estate.run('sync');
      const third = await estate.run('diff');

      expect(first.exitCode).toBe(4);
      expect(second.exitCode).toBe(0);
      expect(third.exitCode).toBe(0);
      expect(addresses()).toHaveLength(4);
      expect(estate.konnect.entities('prod', 'routes')).toHaveLength(2);
    },
    30_000,
  );

  it('leaves a foreign entity with a wanted name alone, reports it and ends with 4', async () => {
    estate.konnect.seed('prod', 'services', { name: 'sd2', host: 'theirs.example' });
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12']);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain("service sd2 exists already without this owner's tags");
    expect(estate.konnect.entities('prod', 'services').find((one) => one.name === 'sd2')?.host).toBe('theirs.example');
    expect(estate.konnect.entities('prod', 'routes').map((one) => one.name)).toEqual(['sd3']);
  });

  it('names the owner of a taken domain, and counts the changes that this holds back', async () => {
    const plugins = 'domains: { sd2: { plugins: [{ name: key-auth, config: { hide_credentials: true } }] } }\n';
    estate.configure(defaultConfig(estate) + plugins);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.addEndpoint('sd3', ['10.0.1.12']);
    estate.configure((defaultConfig(estate) + plugins).replace('owner: test', 'owner: other'));

    const { out } = await estate.run('diff');

    expect(out).toContain('service sd2 belongs to owner test and is left as it is; give that domain to one of the two');
    expect(out).not.toContain('rename or delete');
    expect(out).toContain('4 to create, 0 to update, 0 to delete; 5 held back by the conflicts above');
  });

  it('names the fields that an update removes from a plugin', async () => {
    const plugin = (config: string) =>
      `domains: { sd2: { plugins: [{ name: privatelink, config: { ${config} } }] } }\n`;
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.configure(defaultConfig(estate) + plugin('mode: upstream, on_unresolved: reject'));
    await estate.run('sync');
    estate.configure(defaultConfig(estate) + plugin('mode: upstream'));

    const { out } = await estate.run('diff');

    expect(out).toMatch(/update +plugin +privatelink +config\.on_unresolved "\*\*\*" -> \(removed\)\n/);
    expect(out).not.toContain('config:');
  });
});

describe('a message', () => {
  it('about AWS needs no token of the control plane', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    expect((await runCli(['discover', '-c', join(estate.folder, 'kong-privatelink.yaml')])).exitCode).toBe(0);
  });

  it('names the scope without usable endpoints', async () => {
    expect((await estate.run('discover')).out).toContain(
      'No endpoint with the domain tag is usable in hub.self.us-east-1',
    );
  });

  it('does not say that all is well when no scope could be read', async () => {
    estate.aws.inject({ kind: 'error' });

    const { out } = await estate.run('diff');

    expect(out).not.toContain('is as it should be');
    expect(out).toContain('1 of 1 scopes could not be read');
  });

  it('names a conflict with a foreign entity before sync', async () => {
    estate.konnect.seed('prod', 'services', { name: 'sd2', host: 'theirs.example' });
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const { exitCode, out } = await estate.run('diff');

    expect(exitCode).toBe(2);
    expect(out).toContain('conflict service sd2 exists already');
  });

  it('says when running sync again does not help', async () => {
    estate.konnect.seed('prod', 'services', { name: 'sd2', host: 'theirs.example' });
    estate.addEndpoint('sd2', ['10.0.1.11']);

    expect((await estate.run('sync')).out).toContain('the reasons are above');
  });

  it('names a configured domain that no endpoint claims', async () => {
    estate.configure(`${defaultConfig(estate)}domains: { sd22: { route: false } }\n`);

    expect((await estate.run('diff')).out).toContain('domains.sd22: no endpoint that can be used claims this domain');
  });

  it('says whether render wrote its file', async () => {
    const file = join(estate.folder, 'kong.yaml');
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const first = await estate.run('render', '-o', file);
    const second = await estate.run('render', '-o', file);
    const nowhere = await estate.run('render', '-o', join(estate.folder, 'absent', 'kong.yaml'));

    expect(first.err).toContain(`wrote ${file}`);
    expect(second.err).toContain(`${file} is up to date`);
    expect(nowhere).toMatchObject({ exitCode: 1, err: expect.stringContaining('make its folder') });
  });
});

describe('render', () => {
  it('writes the same bytes twice, whatever the order of the endpoints', async () => {
    const other = await openEstate();
    const file = join(estate.folder, 'kong.yaml');
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12']);
    other.addEndpoint('sd3', ['10.0.1.12']);
    other.addEndpoint('sd2', ['10.0.1.11']);

    const once = await estate.run('render');
    const again = await estate.run('render');
    const reversed = await other.run('render');
    await estate.run('render', '-o', file);
    await other.close();

    const withoutIds = (text: string) => text.replace(/vpce-[0-9a-f]+/g, 'vpce');
    expect(once.out).toBe(again.out);
    expect(withoutIds(once.out)).toBe(withoutIds(reversed.out));
    expect(once.out).toContain('"_format_version": "3.0"');
  });

  it('renders one file before and after sync, and keeps the entities of an unknown scope', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const before = await estate.run('render');
    await estate.run('sync');
    estate.aws.inject({ kind: 'throttle' });

    const after = await estate.run('render');

    expect(after.exitCode).toBe(0);
    expect(after.out).toBe(before.out);
  });

  it('refuses with 3 when neither the control plane nor a scope can be read', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.aws.inject({ kind: 'throttle' });
    estate.konnect.inject({ kind: 'status', status: 500, times: 1_000 });

    const { exitCode, out, err } = await estate.run('render');

    expect(exitCode).toBe(3);
    expect(out).toBe('');
    expect(err).toContain('refused');
  });
});

describe('absences', () => {
  it('add up over one-shot commands in stateDir, and start again after the file was tampered with', async () => {
    estate.configure(`${defaultConfig(estate)}policy: { removeAfterAbsences: 2, removeAfterSeconds: 0 }\n`);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const leaving = estate.addEndpoint('sd2', ['10.0.1.12']);
    await estate.run('sync');
    estate.world.setTags(leaving, {});
    const folder = join(estate.folder, '.kong-privatelink');

    await estate.run('sync');
    const [name = ''] = readdirSync(folder).filter((one) => one.startsWith('absences.'));
    writeFileSync(join(folder, name), '{"version":2,"checksum":"x","content":{}}');
    const tampered = await estate.run('sync');
    const kept = addresses();
    await estate.run('sync');

    expect(tampered.out).toContain('checksum');
    expect(kept).toHaveLength(2);
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });
});
