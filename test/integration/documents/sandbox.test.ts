import { expect, it } from '@jest/globals';
import { cloudMapActions } from '#sandbox/aws/cloud-map/answer';
import { credentialsOf } from '#sandbox/aws/credentials';
import { ec2Actions } from '#sandbox/aws/ec2/answer';
import { loadBalancing } from '#sandbox/aws/load-balancing';
import { sts } from '#sandbox/aws/sts';
import { createWorld } from '#sandbox/aws/world/world';
import { controlPlaneName, token } from '#sandbox/configuration';
import { roleArnOf } from '#sandbox/estates/estate';
import { estateNamed, estateNames } from '#sandbox/estates/estates';
import { openLoopback } from '#sandbox/network/loopback';
import { servedPorts } from '#sandbox/serve';
import { textOf } from '../../support/documents/pages';

const page = textOf('docs/sandbox.md');

/** The second cell of a row. */
function cellOf(row: string): string {
  return page.match(new RegExp(`^\\| ${row}[^|]*\\| (.*) \\|$`, 'm'))?.[1] ?? '';
}

it.each([
  ['EC2', ec2Actions],
  ['Elastic Load Balancing', loadBalancing.actions],
  ['STS', sts.actions],
  ['Cloud Map', cloudMapActions],
])('lists exactly the actions of %s that the sandbox answers', (service, actions) => {
  expect(cellOf(service).split(', ')).toEqual([...actions].sort());
});

it.each(estateNames)('names the accounts of %s, whose role any identity may assume', async (estate) => {
  const world = createWorld();
  const { setting, close } = await estateNamed(estate).prepare({ world, loopback: await openLoopback() });
  await close?.();
  const { gateway, ...others } = setting.accounts;

  const named = cellOf(`${estate} `).split(', ');
  const roles = Object.values(setting.accounts).map((account) => world.role(roleArnOf(account)));

  expect(named).toEqual(Object.entries({ default: gateway, ...others }).map(([name, id]) => `\`${name}\` ${id}`));
  expect(roles.every((role) => role !== undefined && role.externalId === undefined)).toBe(true);
});

it('names the keys, the token and the ports', () => {
  const { accessKeyId, secretAccessKey } = credentialsOf('222222222222');

  for (const word of [accessKeyId, secretAccessKey, token, controlPlaneName, 'kong-privatelink'])
    expect(page).toContain(`\`${word}\``);
  expect(page).toContain(`AWS listens on ${servedPorts.aws} and Konnect on ${servedPorts.konnect}`);
});
