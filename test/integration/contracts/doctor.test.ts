import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { EndpointService } from '#sandbox/aws/world/model';
import { defaultConfig, type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

type Line = { readonly check: string; readonly result: string; readonly detail: string };

let estate: Estate;
let service: EndpointService;

beforeEach(async () => {
  estate = await openEstate();
  service = estate.world.createService({ account: gatewayAccount, region, acceptanceRequired: true });
  estate.world.createEndpoint({ account: '111111111111', region, serviceName: service.name, interfaces: [] });
});

afterEach(() => estate.close());

const all = 'accept: contracted, reject: uncontracted, permissions: manage';

async function examine(settings = all, id = service.id) {
  estate.configure(`${defaultConfig(estate)}
watch: { listen: "127.0.0.1:0" }
contracts:
  services: [{ id: ${id}, region: ${region}, endpoint: "${estate.aws.url}" }]
  consumers: { sd1: { accounts: ["111111111111"], calls: [sd2] } }
  ${settings.replaceAll(', ', '\n  ')}
`);
  const { out } = await estate.run('doctor', '--json');
  const { checks } = JSON.parse(out) as { readonly checks: readonly Line[] };
  return checks.filter(({ check }) => check.startsWith('contracts')).map(({ result, detail }) => [result, detail]);
}

const deny = (action: string) => estate.aws.inject({ action, kind: 'denied' });

it('names what a role may do, and changes nothing', async () => {
  const before = [estate.world.endpoints(), estate.world.services()];

  expect(await examine()).toEqual([
    [
      'ok',
      'connections: 1, principals: 1, target health is read; may AcceptVpcEndpointConnections, RejectVpcEndpointConnections, ModifyVpcEndpointServicePermissions',
    ],
  ]);
  expect(await examine('accept: manual')).toEqual([
    ['ok', 'connections: 1, principals: 1, target health is read; nothing is changed at AWS'],
  ]);
  expect([estate.world.endpoints(), estate.world.services()]).toEqual(before);
  expect(readdirSync(estate.folder).filter((one) => one.includes('contracts'))).toEqual([]);
});

it.each([
  ['DescribeVpcEndpointConnections', 'failed', all],
  ['DescribeVpcEndpointServicePermissions', 'failed', all],
  ['DescribeVpcEndpointServicePermissions', 'warning', 'permissions: report'],
  ['DescribeVpcEndpointServiceConfigurations', 'warning', all],
  ['DescribeTargetHealth', 'warning', all],
  ['AcceptVpcEndpointConnections', 'failed', all],
  ['RejectVpcEndpointConnections', 'failed', all],
  ['ModifyVpcEndpointServicePermissions', 'failed', all],
])('names %s, which the role may not call (%s)', async (action, result, settings) => {
  deny(action);

  const [found, ...others] = await examine(settings);

  expect(found).toEqual([
    result,
    expect.stringMatching(`${action} failed: .*; allow \\w+:${action} for the identity in use`),
  ]);
  expect(others).toEqual([]);
});

it('asks for no permission that the configuration does not need', async () => {
  for (const action of [
    'AcceptVpcEndpointConnections',
    'RejectVpcEndpointConnections',
    'ModifyVpcEndpointServicePermissions',
  ])
    deny(action);

  expect(await examine('permissions: report')).toMatchObject([['ok', expect.anything()]]);
});

it('reports a service unknown to AWS once', async () => {
  expect(await examine(all, 'vpce-svc-0')).toEqual([
    ['failed', expect.stringContaining('AWS knows no endpoint service vpce-svc-0')],
  ]);
});

it('prints no line and makes no call without contracts', async () => {
  estate.configure(`${defaultConfig(estate)}\nwatch: { listen: "127.0.0.1:0" }\n`);
  const { out } = await estate.run('doctor', '--json');

  expect(out).not.toContain('contracts');
  expect(estate.aws.calls.filter(({ action }) => /Service|Connections|Target/.test(action))).toEqual([]);
});
