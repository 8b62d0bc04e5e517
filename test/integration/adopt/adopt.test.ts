import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { type Estate, openEstate, region, stagedConfig, stageOf } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate([{ name: 'prod' }, { name: 'spare' }]);
});

afterEach(() => estate.close());

/** Makes an endpoint without tags; returns its id and its regional name. */
function addUntagged(ips: readonly string[], place = region): { readonly id: string; readonly name: string } {
  const id = estate.addEndpoint('unused', ips, { region: place, state: 'available' });
  estate.world.setTags(id, {});
  const name = estate.world.endpoint(id)?.dnsNames[0];
  if (!name) throw new Error('the endpoint has no name');
  return { id, name };
}

function seedService(name: string, fields: JsonObject, plane = 'prod') {
  const service = estate.konnect.seed(plane, 'services', { name, port: 80, protocol: 'http', ...fields });
  estate.konnect.seed(plane, 'routes', {
    name,
    protocols: ['http'],
    paths: [`/${name}/`],
    service: { id: service.id },
  });
}

describe('adopt', () => {
  it('shows what people wrote, its tags, what stays and what would change, and writes nothing', async () => {
    const { id, name } = addUntagged(['10.0.1.11', '10.0.2.11']);
    seedService('orders', { host: name, port: 8080 });

    const { exitCode, out } = await estate.run('adopt');

    expect(exitCode).toBe(2);
    expect(out).toContain(`orders  orders   ${name}`);
    expect(out).toContain('same behaviour');
    expect(out).toContain('keeps service orders: its name, its id');
    expect(out).toContain(`changes service orders host: ${name} -> orders.privatelink`);
    expect(out).toContain(
      `aws ec2 create-tags --region us-east-1 --resources ${id} --tags Key=kong:domain,Value=orders Key=kong:port,Value=8080 Key=kong:host,Value=${name}`,
    );
    expect(out).toContain('# account 222222222222');
    expect(out).toContain('1 can be adopted as they are, 0 with differences, 0 refused');
    expect(out).toContain('time-outs (connect 60000 ms, write 60000 ms, read 60000 ms)');
    expect(out).toMatch(/Next: put the tags on, then kong-privatelink adopt --apply orders\n$/);
    expect(estate.konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(estate.konnect.entities('prod', 'upstreams')).toEqual([]);
  });

  it('names the next command, with the changes that need acceptance', async () => {
    addUntagged(['10.0.1.11', '10.0.2.11']);
    seedService('orders', { host: '10.0.1.11' });

    const { out } = await estate.run('adopt');

    expect(out).toMatch(
      /Next: put the tags on, then kong-privatelink adopt --apply orders --override service:orders\n$/,
    );
  });

  it('reports the findings as JSON, with the differences field by field', async () => {
    addUntagged(['10.0.1.11', '10.0.2.11']);
    seedService('orders', { host: '10.0.1.11' });

    const { exitCode, out } = await estate.run('adopt', '--json');

    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      place: expect.stringContaining('prod'),
      scopes: [{ id: 'hub.self.us-east-1', status: 'known', endpoints: 1 }],
      adoptable: [
        {
          domain: 'orders',
          service: { kind: 'service', key: 'orders' },
          host: '10.0.1.11',
          routes: [{ key: 'orders' }],
          differences: [
            { entity: 'service:orders', field: 'host', before: ['10.0.1.11'], after: ['10.0.1.11', '10.0.2.11'] },
          ],
        },
      ],
    });
  });

  it('ends with 0 where nothing points at an endpoint', async () => {
    addUntagged(['10.0.1.11']);
    seedService('local', { host: '10.200.0.1' });

    const { exitCode, out } = await estate.run('adopt');

    expect(exitCode).toBe(0);
    expect(out).toContain('No service that people wrote in');
  });

  it('ignores what this owner has generated', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11'], { state: 'available' });
    await estate.run('sync');

    const { exitCode, out } = await estate.run('adopt', '--json');

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ adoptable: [] });
  });

  it('names each refused entity with the fix, and ends with 0', async () => {
    const { name } = addUntagged(['10.0.1.11']);
    seedService('orders', { host: name, tags: ['managed-by:terraform', 'team-a'] });

    const { exitCode, out } = await estate.run('adopt');

    expect(exitCode).toBe(0);
    expect(out).toContain(
      'refused service orders carries tag managed-by:terraform: Terraform manages it and would write it back; first remove it from',
    );
  });

  it.each([
    [['--domain', 'orders=shop'], 2, 'shop    orders'],
    [['--select-tag', 'team-a'], 0, 'carries select tag team-a of decK'],
    [['--tags', 'terraform'], 2, 'resource "aws_ec2_tag" "kong_orders_vpce_'],
  ])('adopts %s', async (argv, code, said) => {
    const { name } = addUntagged(['10.0.1.11']);
    seedService('orders', { host: name, tags: ['team-a'] });

    const { exitCode, out } = await estate.run('adopt', ...argv);

    expect(exitCode).toBe(code);
    expect(out).toContain(said);
  });

  it.each([
    [['--domain', 'orders'], '--domain orders: not of the form SERVICE=DOMAIN'],
    [['--domain', 'orders=Shop!'], '--domain orders=Shop!: not of the form SERVICE=DOMAIN'],
    [['--domain', 'odrers=shop'], 'there is no service odrers; did you mean orders?'],
    [['--tags', 'cdk'], '--tags cdk: unknown form of tags'],
    [['--from', '/nowhere/kong.yaml'], '--from /nowhere/kong.yaml cannot be read'],
  ])('refuses %s', async (argv, said) => {
    const { name } = addUntagged(['10.0.1.11']);
    seedService('orders', { host: name });

    const { exitCode, err } = await estate.run('adopt', ...argv);

    expect(exitCode).toBe(1);
    expect(err).toContain(said);
  });

  it('reads a decK file instead of the control plane, without a token', async () => {
    const { name } = addUntagged(['10.0.1.11']);
    const file = join(estate.folder, 'dump.yaml');
    writeFileSync(file, JSON.stringify({ _format_version: '3.0', services: [{ name: 'orders', host: name }] }));
    const { KONNECT_TOKEN: _, ...env } = process.env;
    estate.konnect.resetCalls();

    const { exitCode, out } = await estate.run('adopt', '--from', file, '--json');

    expect(env.KONNECT_TOKEN).toBeUndefined();
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ place: file, adoptable: [{ domain: 'orders' }] });
    expect(estate.konnect.calls).toEqual([]);
  });

  it('names what can be adopted in each stage, and reads AWS once', async () => {
    const { name } = addUntagged(['10.0.1.11']);
    estate.configure(stagedConfig(estate, [stageOf(estate, 'prod'), stageOf(estate, 'spare')]));
    seedService('orders', { host: name }, 'spare');

    const both = await estate.run('adopt', '--json');
    const one = await estate.run('adopt', '--stage', 'prod');

    expect(both.exitCode).toBe(2);
    expect(JSON.parse(both.out)).toMatchObject({
      stages: [
        { stage: 'prod', adoptable: [] },
        { stage: 'spare', adoptable: [{ domain: 'orders' }] },
      ],
    });
    expect(one.exitCode).toBe(0);
  });

  it('names an unreadable scope, concludes nothing from it, and ends with 5 under --strict', async () => {
    const far = addUntagged(['10.8.1.11'], 'us-west-2');
    estate.configure(
      `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1, us-west-2], endpoint: "${estate.aws.url}" }]
controlPlane: { type: konnect, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`,
    );
    seedService('orders', { host: far.name });
    estate.aws.inject({ kind: 'throttle', action: 'DescribeVpcEndpoints', region: 'us-west-2', times: 100 });

    const loose = await estate.run('adopt');
    const strict = await estate.run('adopt', '--strict');

    expect(loose.exitCode).toBe(0);
    expect(loose.out).toContain('unknown scope hub.self.us-west-2');
    expect(loose.out).toContain(`endpoint ${far.id} is in no scope that was read, and scope hub.self.us-west-2`);
    expect(strict.exitCode).toBe(5);
  });

  it('escapes text of strangers, and puts none of it into a shell command', async () => {
    const { name } = addUntagged(['10.0.1.11']);
    const file = join(estate.folder, 'dump.yaml');
    const services = [{ name: 'a";$(rm -rf ~)\n\u001b[31m', host: name }];
    writeFileSync(file, JSON.stringify({ _format_version: '3.0', services }));

    const { out } = await estate.run('adopt', '--from', file);

    expect(out).not.toContain('\u001b[31m');
    expect(out).toContain('\\u001b[31m');
    const lines = out.split('\n').filter((line) => line.startsWith('aws '));
    expect(lines).toHaveLength(1);
    expect(lines.join('')).not.toContain('$(');
  });
});
