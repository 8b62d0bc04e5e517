import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parsePlan, serialisePlan } from '#sync/pass/plan-file';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;
let file: string;

beforeEach(async () => {
  estate = await openEstate();
  file = join(estate.folder, 'plan.json');
});

afterEach(() => estate.close());

function writes(): readonly string[] {
  return estate.konnect.calls.filter((call) => call.method !== 'GET').map((call) => `${call.method} ${call.path}`);
}

function addresses(): readonly unknown[] {
  return estate.konnect
    .entities('prod', 'targets')
    .map((target) => target.target)
    .sort();
}

describe('diff --out and sync --plan', () => {
  it('applies the approved changes, from a file that only its owner may read', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const diff = await estate.run('diff', '--out', file);
    const { exitCode, out } = await estate.run('sync', '--plan', file);

    expect([diff.exitCode, exitCode]).toEqual([2, 0]);
    expect(out).toContain('Applied all 5 changes');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('kpat_');
  });

  it('leaves out, and names, changes that came after the approval', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('diff', '--out', file);
    estate.addEndpoint('sd3', ['10.0.1.12']);

    const { exitCode, out } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(0);
    expect(addresses()).toEqual(['10.0.1.11:80']);
    expect(out).toContain(
      'left out upstream sd3.privatelink, target 10.0.1.12:80, service sd3, route sd3 of sd3: it is not in the approved plan',
    );
  });

  it('leaves out a new domain whose addresses all changed: its route would answer 503', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const id = estate.addEndpoint('sd3', ['10.0.1.12']);
    await estate.run('diff', '--out', file);
    estate.world.deleteEndpoint(id);
    estate.addEndpoint('sd3', ['10.0.1.13']);

    const first = await estate.run('sync', '--plan', file);
    const again = await estate.run('sync', '--plan', file);

    expect([first.exitCode, again.exitCode]).toEqual([0, 0]);
    expect(addresses()).toEqual(['10.0.1.11:80']);
    expect(estate.konnect.entities('prod', 'routes').map(({ name }) => name)).toEqual(['sd2']);
    expect(first.out).toContain(
      'left out upstream sd3.privatelink of sd3: none of its targets is in the approved plan',
    );
  });

  it('skips changes that became unnecessary', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('diff', '--out', file);
    await estate.run('sync');
    estate.konnect.resetCalls();

    const { exitCode, out } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(0);
    expect(writes()).toEqual([]);
    expect(out).toContain('no longer needed create service sd2');
  });

  it('refuses with 3 and writes nothing when a removal was not approved', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.addEndpoint('sd3', ['10.0.1.12']);
    await estate.run('diff', '--out', file);
    estate.world.setState(id, 'rejected');
    estate.konnect.resetCalls();

    const { exitCode, out } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(3);
    expect(writes()).toEqual([]);
    expect(out).toMatch(
      /refused the approved plan does not contain delete target sd2\.privatelink\|10\.0\.1\.11:80 \(.*rejected/,
    );
    expect(out).toContain('diff --out');
  });

  it('refuses with 3 an update whose content differs from the approved content', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:weight': '10' } });
    await estate.run('sync');
    estate.world.setTags(id, { 'kong:domain': 'sd2', 'kong:weight': '20' });
    await estate.run('diff', '--out', file);
    estate.world.setTags(id, { 'kong:domain': 'sd2', 'kong:weight': '30' });

    const { exitCode } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(3);
    expect(estate.konnect.entities('prod', 'targets')[0]?.weight).toBe(10);
  });

  it.each([
    ['creates a route of the old form', []],
    ['lacks the one update of a route', ['/sd2']],
  ])('fm-46 refuses with 3 a plan from before bounded routes that %s, and says why', async (_, held) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    if (held.length > 0) {
      await estate.run('sync');
      const [route] = estate.konnect.entities('prod', 'routes');
      estate.konnect.seed('prod', 'routes', { ...route, paths: held });
    }
    await estate.run('diff', '--out', file);
    const { changes, ...plan } = parsePlan(readFileSync(file, 'utf8'), file);
    const older = changes.flatMap(({ after, ...change }) => {
      if (change.kind !== 'route' || !after) return [{ ...change, after }];
      return held.length > 0 ? [] : [{ ...change, after: { ...after, fields: { ...after.fields, paths: ['/sd2'] } } }];
    });
    writeFileSync(file, serialisePlan({ ...plan, changes: older }));
    estate.konnect.resetCalls();

    const { exitCode, out } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(3);
    expect(writes()).toEqual([]);
    expect(out).toContain('refused an older version made the approved plan');
    expect(out).toContain('route sd2; make a new plan with diff --out');
  });

  it.each([
    ['edited by hand', (text: string) => text.replaceAll('10.0.1.11', '10.0.1.66'), 'changed after it was written'],
    ['cut short', (text: string) => text.slice(0, 500), 'it is no JSON'],
    ['of another version', (text: string) => text.replace('"version": 2', '"version": 9'), 'it has schema version 9'],
    ['something else', () => '{}', 'it is JSON of something else'],
  ])('ends with 1, writes nothing and names the fix when the file is %s', async (_, change, message) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('diff', '--out', file);
    writeFileSync(file, change(readFileSync(file, 'utf8')));

    const { exitCode, err } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(1);
    expect(err).toContain(message);
    expect(err).toContain('make a new plan with diff --out');
    expect(writes()).toEqual([]);
  });

  it.each([
    ['owner', 'owner: test', 'owner: other', 'it is of owner test, but the configuration is of owner other'],
    ['control plane', 'address: "http://127.0.0.1', 'address: "http://localhost', 'it is for control plane prod'],
  ])('ends with 1 when the plan is of another %s', async (_, from, to, message) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('diff', '--out', file);
    estate.configure(defaultConfig(estate).replace(from, to));

    const { exitCode, err } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(1);
    expect(err).toContain(message);
    expect(writes()).toEqual([]);
  });

  it('ends with 1, and writes nothing, when the base files differ from the approved base files', async () => {
    const base = join(estate.folder, 'base.yaml');
    const consumer = (name: string) => `_format_version: "3.0"\nconsumers: [{ username: ${name} }]\n`;
    writeFileSync(base, consumer('bob'));
    const plane = 'controlPlane: { type: file, path: kong.yaml }\ndeck: { base: [base.yaml] }';
    estate.configure(defaultConfig(estate).replace(/controlPlane: .*/, plane));
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('diff', '--out', file);
    const approved = await estate.run('sync', '--plan', file);
    writeFileSync(base, consumer('eve'));

    const { exitCode, err } = await estate.run('sync', '--plan', file);

    expect([approved.exitCode, exitCode]).toEqual([0, 1]);
    expect(err).toContain('the base files (deck.base) have changed since it was made; make a new plan');
    expect(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8')).toContain('bob');
  });

  it('ends with 1 when the file does not exist', async () => {
    const { exitCode, err } = await estate.run('sync', '--plan', file);

    expect(exitCode).toBe(1);
    expect(err).toContain(`--plan ${file}: it cannot be read`);
  });
});

describe('--allow-removals', () => {
  const many = Array.from({ length: 6 }, (_, index) => `10.0.1.${index + 1}`);

  async function rejectHalf(): Promise<void> {
    for (const ip of many) estate.addEndpoint('sd2', [ip]);
    const ids = many.map((ip) => estate.addEndpoint('sd3', [ip.replace('10.0.1', '10.0.2')]));
    await estate.run('sync');
    for (const id of ids) estate.world.setState(id, 'rejected');
    estate.konnect.resetCalls();
  }

  it.each([
    ['nothing', [], 3, 12],
    ['too few', ['--allow-removals', '5'], 3, 12],
    ['as many as the message names', ['--allow-removals', '6'], 0, 6],
  ])('permits a large removal with %s: exit and addresses left', async (_, flags, exit, left) => {
    await rejectHalf();

    const { exitCode, out } = await estate.run('sync', ...flags);

    expect(exitCode).toBe(exit);
    expect(addresses()).toHaveLength(left);
    expect(out.includes('--allow-removals 6')).toBe(exit === 3);
  });

  it('applies to diff and render too', async () => {
    await rejectHalf();

    const [refused, allowed] = [await estate.run('diff'), await estate.run('diff', '--allow-removals', '6')];
    const rendered = [await estate.run('render'), await estate.run('render', '--allow-removals', '6')];

    expect([refused, allowed].map((one) => one.out.includes('withheld 10.0.2.1:80 10.0.2.2:80'))).toEqual([
      true,
      false,
    ]);
    expect(rendered.map((one) => one.exitCode)).toEqual([3, 0]);
  });

  it('fm-43 is not needed for other changes: sync writes them, and names the withheld removals', async () => {
    await rejectHalf();
    estate.addEndpoint('sd3', ['10.0.3.1']);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(3);
    expect(addresses()).toContain('10.0.3.1:80');
    expect(out).toContain('Applied 1 change; 6 withheld by the brake');
  });

  it('fm-43 is refused with an approved plan that withholds removals: nothing is written', async () => {
    await rejectHalf();
    estate.addEndpoint('sd3', ['10.0.3.1']);
    await estate.run('diff', '--out', file);

    const approved = await estate.run('sync', '--plan', file);
    const allowed = await estate.run('sync', '--plan', file, '--allow-removals', '6');

    expect([approved.exitCode, allowed.exitCode]).toEqual([3, 3]);
    expect(approved.out).toContain('6 of 12 addresses');
    expect(writes()).toEqual([]);
  });

  it('fm-43 is needed for removals from a rendered file, which keeps them beside the other changes', async () => {
    await rejectHalf();
    estate.addEndpoint('sd3', ['10.0.3.1']);

    const { exitCode, out } = await estate.run('render');

    expect(exitCode).toBe(3);
    expect(['10.0.2.1:80', '10.0.2.6:80', '10.0.3.1:80'].filter((address) => !out.includes(address))).toEqual([]);
  });

  it.each(['0', '-1', 'all', '1.5'])('ends with 1 at %s', async (text) => {
    const { exitCode, err } = await estate.run('sync', `--allow-removals=${text}`);

    expect(exitCode).toBe(1);
    expect(err).toContain(`--allow-removals: "${text}"`);
    expect(writes()).toEqual([]);
  });
});

describe('a control plane that changes while it is written', () => {
  it.each([404, 409])(
    'fm-28 fm-12 reports the entities that %d kept from being written, and the next pass writes them',
    async (status) => {
      estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
      estate.konnect.inject({ kind: 'status', status, method: 'PUT', path: /targets/, times: 1 });

      const first = await estate.run('sync');
      const second = await estate.run('sync');

      expect([first.exitCode, second.exitCode]).toEqual([4, 0]);
      expect(first.out).toMatch(new RegExp(`failed create target sd2\\.privatelink\\|.*${status}`));
      expect(addresses()).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
    },
  );
});

describe('two domains that claim one route', () => {
  it('fm-11 gives the path to the domain that had it first, and names the fix for the other domain', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:path': '/orders' } });
    await estate.run('sync');
    estate.addEndpoint('sd3', ['10.0.1.12'], { tags: { 'kong:path': '/orders' } });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/quarantined vpce-\w+ in .*sd3: .*\/orders.*Fix: /);
    expect(estate.konnect.entities('prod', 'routes').map((one) => one.name)).toEqual(['sd2']);
  });
});

describe('an unwritable stateDir', () => {
  it('causes a warning, and the pass goes on', async () => {
    writeFileSync(join(estate.folder, 'state'), 'a file where a folder should be');
    estate.configure(`${defaultConfig(estate)}stateDir: state\n`);
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('make stateDir writable');
    expect(addresses()).toEqual(['10.0.1.11:80']);
  });
});

describe('more targets than a control plane can hold', () => {
  it('end with 3, write nothing and name the fix', async () => {
    const addresses = Array.from({ length: 10_001 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const claims = `[{ domain: sd9, addresses: ${JSON.stringify(addresses)} }]`;
    const source = `sources: [{ name: legacy, type: static, region: us-east-1, endpoints: ${claims} }]`;
    estate.configure(defaultConfig(estate).replace(/sources: .*/, source));

    const { exitCode, out } = await estate.run('sync', '--json');

    expect(exitCode).toBe(3);
    expect(JSON.parse(out).refused).toContain(
      '10001 targets, but a control plane holds at most 10000; give some domains',
    );
    expect(estate.konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('an unwritable file', () => {
  it('ends diff --out with 1 and names the fix', async () => {
    const { exitCode, err } = await estate.run('diff', '--out', join(estate.folder, 'absent', 'plan.json'));

    expect(exitCode).toBe(1);
    expect(err).toContain('make its folder');
  });
});
