import { describe, expect, it } from '@jest/globals';
import { configReference } from '#config/printed/reference';
import type { Domain } from '#core/claims/settle';
import type { DomainSettings } from '#core/model';
import { renderDesired } from '#deck/desired';
import { discoverClaimed, type WrittenClaim } from '#discovery/providers/written';
import { hubScope } from '../../../support/builders';

it('the reference describes every key', () => {
  const rows = configReference().match(/^\| `.*$/gm) ?? [];

  expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  expect(rows.length).toBeGreaterThan(0);
});

describe('the documented defaults of optional keys', () => {
  it.each([
    ['healthcheck.intervalSeconds', '5'],
    ['plugins[].enabled', 'true'],
    ['route', 'true'],
    ['tlsVerify', 'false'],
    ['names[].protocol', 'http'],
    ['endpoints[].weight', '100'],
  ])('say that %s is %s', (key, initial) => {
    const row = configReference()
      .split('\n')
      .find((line) => line.startsWith(`| \`${key}\` |`));

    expect(row).toContain(` | \`${initial}\` | `);
  });

  it('equal those of the desired document', () => {
    const domain: Domain = { name: 'sd2', protocol: 'https', paths: ['/sd2'], stripPath: true, targets: [] };
    const render = (settings: DomainSettings) =>
      renderDesired({ owner: 'test', domains: [domain], settings: { sd2: settings } });
    const plugin = { name: 'acl', config: {} };
    const told = { healthcheck: { intervalSeconds: 5 }, route: true, tlsVerify: false };

    expect(render({ ...told, plugins: [{ ...plugin, enabled: true }] })).toEqual(render({ plugins: [plugin] }));
  });

  it('equal those of discovery', () => {
    const discover = (claim: WrittenClaim) => discoverClaimed([{ id: 'a', claim, ips: ['10.9.1.11'] }], {}, hubScope);

    expect(discover({ domain: 'sd2', protocol: 'http', weight: 100 })).toEqual(discover({ domain: 'sd2' }));
  });
});
