import { describe, expect, it } from '@jest/globals';
import { planRetirement, unknownDomain, whyClaimed } from '../../../sync/retire';
import { createsOf, documentOf } from '../../support/konnect';

const held = ['sd2', 'sd3']
  .flatMap((name) => createsOf(documentOf(name, 2)))
  .flatMap(({ id, after }) => (after ? [{ ...after, id }] : []));

describe('planRetirement', () => {
  it('stops requests first, and takes nothing of another domain', () => {
    const changes = planRetirement('sd2', [...held].reverse());

    expect(changes.map(({ action, kind, key }) => `${action} ${kind} ${key}`)).toEqual([
      'delete route sd2',
      'delete plugin sd2|rate-limiting',
      'delete service sd2',
      'delete target sd2.privatelink|10.0.0.0:80',
      'delete target sd2.privatelink|10.0.0.1:80',
      'delete upstream sd2.privatelink',
    ]);
  });

  it('finds the upstream of each target', () => {
    const changes = planRetirement('sd2', held);
    const upstream = changes.find((one) => one.kind === 'upstream');

    expect(new Set(changes.filter((one) => one.kind === 'target').map((one) => one.parentId))).toEqual(
      new Set([upstream?.id]),
    );
  });

  it('plans nothing for a domain that is not there', () => {
    expect(planRetirement('sd9', held)).toEqual([]);
  });
});

describe('unknownDomain', () => {
  it('names the domains that are there', () => {
    expect(unknownDomain('sd9', held)).toBe('the control plane holds nothing of domain sd9; it holds: sd2, sd3');
    expect(unknownDomain('sd9', [])).toBe('the control plane holds nothing of domain sd9; it holds: no domain');
  });
});

describe('whyClaimed', () => {
  it.each([
    ['sd2', 'vpce-1 can be used and claims domain sd2'],
    ['sd9', undefined],
  ])('says of %s: %s', (domain, message) => {
    const claimed = whyClaimed(domain, documentOf('sd2', 2));

    expect(claimed?.slice(0, message?.length)).toBe(message);
  });
});
