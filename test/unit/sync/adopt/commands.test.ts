import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import type { Adoptable } from '#sync/adopt/adoptable';
import { awsCommands, terraformOf } from '#sync/adopt/told/commands';
import { corpusEndpoints } from '../../../support/adopt/endpoints';

const { orders, pay, west } = corpusEndpoints;

function adoptableWith(over: Partial<Adoptable>): Adoptable {
  const service = { kind: 'service', key: 'orders', domain: 'orders', fields: {}, tags: [], id: '1' } as const;
  const none = { targets: [], routes: [], plugins: [], keeps: [], changes: [], differences: [], findings: [] };
  return { domain: 'orders', service, endpoints: [orders], tags: {}, ...none, ...over };
}

/** The words of a line, as a shell splits them. */
function wordsOf(line: string): readonly string[] {
  return execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

describe('awsCommands', () => {
  it('has one line for all endpoints of a region with equal tags, below their account', () => {
    const tags = { 'kong:domain': 'orders' };
    const given = adoptableWith({
      endpoints: [pay, orders, west],
      tags: { [orders.id]: tags, [pay.id]: tags, [west.id]: tags },
    });

    expect(awsCommands([given])).toEqual([
      '# account 222222222222',
      `aws ec2 create-tags --region us-east-1 --resources ${orders.id} ${pay.id} --tags Key=kong:domain,Value=orders`,
      `aws ec2 create-tags --region us-west-2 --resources ${west.id} --tags Key=kong:domain,Value=orders`,
    ]);
  });

  it('has a line for each set of tags, and no line for a complete endpoint', () => {
    const given = adoptableWith({
      endpoints: [orders, pay, west],
      tags: { [orders.id]: { 'kong:weight': '80' }, [pay.id]: { 'kong:weight': '20' }, [west.id]: {} },
    });

    expect(awsCommands([given]).filter((line) => line.startsWith('aws '))).toHaveLength(2);
  });

  it.each([
    ['paths', '/a /b'],
    ['a quote', "it's"],
    ['shell commands', '$(touch /tmp/x) `id` "; rm'],
    ['commas', 'a,Key=b,Value=c'],
    ['lines', 'a\\nb'],
  ])('quotes %s so that a shell and AWS read the exact text', (_, value) => {
    const [, line = ''] = awsCommands([adoptableWith({ tags: { [orders.id]: { 'team/key': value } } })]);

    const words = wordsOf(line);

    expect(words.slice(0, -1)).toEqual([
      'aws',
      'ec2',
      'create-tags',
      '--region',
      'us-east-1',
      '--resources',
      orders.id,
      '--tags',
    ]);
    expect(JSON.parse(words.at(-1) ?? '')).toEqual([{ Key: 'team/key', Value: value }]);
  });
});

describe('terraformOf', () => {
  it('has a resource for each endpoint', () => {
    const given = adoptableWith({ domain: '7-orders', tags: { [orders.id]: { 'kong:domain': '7-orders' } } });

    expect(terraformOf([given])).toBe(`# account 222222222222, region us-east-1
resource "aws_ec2_tag" "kong_7_orders_vpce_0a11111111111111a" {
  for_each = {
    "kong:domain" = "7-orders"
  }
  resource_id = "vpce-0a11111111111111a"
  key         = each.key
  value       = each.value
}
`);
  });

  it('lets no text become a template', () => {
    const tags = { [orders.id]: { 'kong:host': `a${'$'}{file("/etc/passwd")}%{ if true }"\n` } };

    expect(terraformOf([adoptableWith({ tags })])).toContain(
      '"kong:host" = "a$${file(\\"/etc/passwd\\")}%%{ if true }\\"\\n"',
    );
  });
});
