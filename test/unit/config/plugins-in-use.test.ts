import { describe, expect, it } from '@jest/globals';
import { contracts } from '#config/contracts';
import { domain } from '#config/domains';
import { judgesCallers, pluginsInUse } from '#config/plugins-in-use';

const domains = { sd2: domain.parse({ plugins: [{ name: 'privatelink-zone' }] }), sd3: domain.parse({}) };

const contractsOf = (...own: readonly object[]) =>
  contracts.parse({
    services: own.map((one, index) => ({ id: `vpce-svc-0${index}`, region: 'us-east-1', ...one })),
    consumers: { sd1: { accounts: ['111111111111'], calls: ['sd2'] } },
  });

describe('the plugins in use', () => {
  it.each([
    ['without contracts', undefined, ['privatelink-zone']],
    ["with a provider's own service", contractsOf({ domains: ['sd2'] }), ['privatelink-zone']],
    [
      'with a service of the gateway',
      contractsOf({ domains: ['sd2'] }, {}),
      ['privatelink-zone', 'privatelink-callers'],
    ],
  ])('are those of domains, and the callers plugin if needed, %s', (_, block, names) => {
    expect([...pluginsInUse({ domains, contracts: block })]).toEqual(names);
    expect(judgesCallers({ contracts: block })).toBe(names.includes('privatelink-callers'));
  });
});
