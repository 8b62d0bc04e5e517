import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { main } from '#sync/cli/main';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

const kinds = ['routes', 'plugins', 'services', 'targets', 'upstreams'] as const;

function held(): readonly number[] {
  return kinds.map((kind) => estate.konnect.entities('prod', kind).length);
}

/** Two domains in the control plane, and the endpoint of the first. */
async function syncTwo(): Promise<string> {
  const plugin = 'domains: { sd2: { plugins: [{ name: rate-limiting, config: { minute: 5, policy: local } }] } }\n';
  estate.configure(defaultConfig(estate) + plugin);
  const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
  estate.addEndpoint('sd3', ['10.0.1.12']);
  await estate.run('sync');
  estate.konnect.resetCalls();
  return id;
}

/** Adds a target of the domain, as a pass of another process would. */
function seedTarget(target: string): void {
  const upstream = estate.konnect.entities('prod', 'upstreams').find((one) => one.name === 'sd2.privatelink');
  const tags = ['kong-privatelink', 'owner:test', 'scope:hub.self.us-east-1', 'vpce-0f0f'];
  estate.konnect.seed('prod', 'targets', { target, weight: 100, tags, upstream: { id: upstream?.id ?? '' } });
}

describe('retire', () => {
  it('shows what leaves, and removes route, plugin, service, targets and upstream in that order', async () => {
    estate.world.setTags(await syncTwo(), {});

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(0);
    expect(held()).toEqual([1, 0, 1, 1, 1]);
    const deleted = estate.konnect.calls
      .filter((call) => call.method === 'DELETE')
      .map((call) => call.path.split('/').at(-2));
    expect(deleted).toEqual(['routes', 'plugins', 'services', 'targets', 'targets', 'upstreams']);
    expect(out).toMatch(/delete +service +sd2 +domain sd2 is retired/);
    expect(out).toContain('Domain sd2 is retired');
  });

  it('leaves nothing to do for the next pass', async () => {
    estate.world.setTags(await syncTwo(), {});
    await estate.run('retire', 'sd2', '--yes');

    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it('removes nothing with 3 without a person to confirm', async () => {
    estate.world.setTags(await syncTwo(), {});

    const { exitCode, out } = await estate.run('retire', 'sd2');

    expect(exitCode).toBe(3);
    expect(out).toContain('add --yes');
    expect(out).toContain('Nothing was removed; entities that stay: 6');
    expect(held()).toEqual([2, 1, 2, 3, 2]);
  });

  it.each([
    [true, 0, [1, 0, 1, 1, 1]],
    [false, 3, [2, 1, 2, 3, 2]],
  ])('asks a person; at the answer %s it ends with %d', async (answer, exit, left) => {
    estate.world.setTags(await syncTwo(), {});
    const questions: string[] = [];
    const confirm = async (question: string) => {
      questions.push(question);
      return answer;
    };
    const terminal = { env: estate.env, out: () => {}, err: () => {}, isTerminal: false, confirm };
    const argv = ['retire', 'sd2', '-c', join(estate.folder, 'kong-privatelink.yaml')];

    const exitCode = await main(argv, { terminal, signal: new AbortController().signal });

    expect(exitCode).toBe(exit);
    expect(questions).toEqual(['Remove domain sd2 from the control plane?']);
    expect(held()).toEqual(left);
  });

  it('refuses with 3 while an endpoint claims the domain, and names it', async () => {
    const id = await syncTwo();

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(3);
    expect(out).toContain(`${id} can be used and claims domain sd2; remove its domain tag`);
    expect(held()).toEqual([2, 1, 2, 3, 2]);
  });

  it('refuses with 3, and names them, while foreign entities hang on the service', async () => {
    estate.world.setTags(await syncTwo(), {});
    const service = estate.konnect.entities('prod', 'services').find((one) => one.name === 'sd2');
    estate.konnect.seed('prod', 'plugins', { name: 'key-auth', config: {}, service: { id: service?.id ?? '' } });

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(3);
    expect(out).toContain('plugin key-auth on service sd2');
    expect(estate.konnect.calls.some((call) => call.method === 'DELETE')).toBe(false);
  });

  it.each([{ kind: 'denied' }, { kind: 'throttle' }, { kind: 'drop' }] as const)(
    'fm-36 removes nothing with 3 while the scope of its targets cannot be read: $kind',
    async (fault) => {
      estate.world.setTags(await syncTwo(), {});
      rmSync(join(estate.folder, '.kong-privatelink'), { recursive: true });
      estate.aws.inject(fault);

      const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

      expect(exitCode).toBe(3);
      expect(out).toContain('targets of the domain are from scope hub.self.us-east-1, which is unknown');
      expect(held()).toEqual([2, 1, 2, 3, 2]);
    },
  );

  describe('while another scope that may claim the domain cannot be read', () => {
    beforeEach(async () => {
      estate.world.setTags(await syncTwo(), {});
      estate.configure(
        defaultConfig(estate).replace('regions: [us-east-1]', 'regions: [us-east-1, us-west-2]') +
          'domains: { sd2: { plugins: [] } }\n',
      );
      estate.aws.inject({ kind: 'denied', region: 'us-west-2' });
    });

    it('fm-36 removes nothing with 3, and names the option that leaves the scope out', async () => {
      const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

      expect(exitCode).toBe(3);
      expect(out).toContain('scope hub.self.us-west-2 may claim it, which is unknown');
      expect(out).toContain('add --despite-unknown hub.self.us-west-2');
      expect(held()).toEqual([2, 1, 2, 3, 2]);
    });

    it('goes on without a scope that is named as gone for good', async () => {
      const { exitCode } = await estate.run('retire', 'sd2', '--yes', '--despite-unknown', 'hub.self.us-west-2');

      expect(exitCode).toBe(0);
      expect(held()).toEqual([1, 0, 1, 1, 1]);
    });

    it('ends with 0 where that scope is the only scope', async () => {
      estate.configure(defaultConfig(estate));
      estate.aws.inject({ kind: 'denied' });

      const { exitCode } = await estate.run('retire', 'sd2', '--yes', '--despite-unknown', 'hub.self.us-east-1');

      expect(exitCode).toBe(0);
      expect(held()).toEqual([1, 0, 1, 1, 1]);
    });

    it('ends with 1 where the named scope belongs to no source', async () => {
      const { exitCode, err } = await estate.run('retire', 'sd2', '--yes', '--despite-unknown', 'hub.self.us-west-9');

      expect(exitCode).toBe(1);
      expect(err).toContain(
        'no source has a scope hub.self.us-west-9; the scopes are: hub.self.us-east-1, hub.self.us-west-2',
      );
    });
  });

  it.each<[string, (id: string) => void, string]>([
    [
      'an endpoint claims the domain again',
      (id) => estate.world.setTags(id, { 'kong:domain': 'sd2' }),
      'claims domain sd2',
    ],
    [
      'it got a target that was not shown',
      () => seedTarget('10.0.9.9:80'),
      'target sd2.privatelink|10.0.9.9:80 appeared',
    ],
    ['its scope cannot be read any more', () => estate.aws.inject({ kind: 'denied' }), 'which is unknown'],
  ])('fm-36 removes nothing with 3 when, during the question, %s', async (_, meanwhile, message) => {
    const id = await syncTwo();
    estate.world.setTags(id, {});
    let told = '';
    const terminal = {
      env: estate.env,
      out: (text: string) => {
        told += text;
      },
      err: () => {},
      isTerminal: false,
      confirm: async () => {
        meanwhile(id);
        return true;
      },
    };
    const argv = ['retire', 'sd2', '-c', join(estate.folder, 'kong-privatelink.yaml')];

    const exitCode = await main(argv, { terminal, signal: new AbortController().signal });

    expect(exitCode).toBe(3);
    expect(told).toContain(message);
    expect(estate.konnect.calls.some((call) => call.method === 'DELETE')).toBe(false);
  });

  it('ends with 0 and names the held domains when the control plane does not hold this domain', async () => {
    await syncTwo();

    const { exitCode, out } = await estate.run('retire', 'sd9', '--yes');
    const json = await estate.run('retire', 'sd9', '--yes', '--json');

    expect([exitCode, json.exitCode]).toEqual([0, 0]);
    expect(out).toContain('holds nothing of domain sd9; it holds: sd2, sd3');
    expect(JSON.parse(json.out)).toMatchObject({ changes: [], warnings: [expect.stringContaining('domain sd9')] });
  });

  it('finishes in a second run what a failed run left', async () => {
    estate.world.setTags(await syncTwo(), {});
    estate.konnect.inject({ kind: 'status', status: 500, method: 'DELETE', path: /services/, times: 3 });

    const first = await estate.run('retire', 'sd2', '--yes');
    const second = await estate.run('retire', 'sd2', '--yes');

    expect([first.exitCode, second.exitCode]).toEqual([4, 0]);
    expect(held()).toEqual([1, 0, 1, 1, 1]);
  });

  it.each(['', 'SD2', '../sd2'])('ends with 1 at the name "%s"', async (name) => {
    const { exitCode, err } = await estate.run('retire', name, '--yes');

    expect(exitCode).toBe(1);
    expect(err).toContain('not a valid name of a domain');
  });
});
