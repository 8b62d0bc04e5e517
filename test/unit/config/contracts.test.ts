import { describe, expect, it } from '@jest/globals';
import { contracts } from '#config/contracts';
import { domain } from '#config/domains';

const services = [{ id: 'vpce-svc-0f', region: 'us-east-1' }];
const sd1 = { accounts: ['111111111111'], calls: ['sd2'] };

function problemsOf(written: object): readonly string[] {
  const { error } = contracts.safeParse({ services, consumers: { sd1 }, ...written });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('contracts', () => {
  it('observe, accept no one and reject no one by default', () => {
    expect(contracts.parse({ services, consumers: { sd1 } })).toEqual({
      services,
      consumers: { sd1 },
      accept: 'manual',
      reject: 'never',
      permissions: 'report',
      mode: 'observe',
    });
  });

  it.each<[object, string]>([
    [
      { consumers: { sd1: { calls: ['sd2'] } } },
      'consumers.sd1: say whose endpoints it has: write accounts, principals or endpoints',
    ],
    [
      { consumers: { sd1, batch: { ...sd1, calls: [] } } },
      'consumers.sd1: account 111111111111 is one of consumer batch too: write endpoints in each, since an endpoint has one consumer',
    ],
    [
      { consumers: { sd1, batch: { principals: ['arn:aws:iam::111111111111:root'] } } },
      'consumers.batch: account 111111111111 is one of consumer sd1 too: write endpoints in each, since an endpoint has one consumer',
    ],
    [
      { consumers: { a: { endpoints: ['vpce-1'] }, b: { endpoints: ['vpce-2', 'vpce-1'] } } },
      'consumers.b.endpoints: vpce-1 is one of consumer a too: take it out of one, since an endpoint has one consumer',
    ],
    [{ services: [...services, ...services] }, 'services.1.id: same as item [0]: name each service once'],
    [
      { services: [{ id: 'com.amazonaws.vpce.us-east-1.vpce-svc-0f', region: 'us-east-1' }] },
      'services.0.id: the id of an endpoint service, such as vpce-svc-0f1e2d3c4b5a69788',
    ],
    [
      { consumers: { sd1: { accounts: [111111111111] } } },
      'consumers.sd1.accounts.0: the id of an AWS account in quotes: "111111111111"',
    ],
    [
      { consumers: { sd1: { principals: ['*'] } } },
      'consumers.sd1.principals.0: the ARN of an account, a user or a role, such as arn:aws:iam::111111111111:root',
    ],
  ])('are refused: %j', (written, problem) => {
    expect(problemsOf(written)).toContain(problem);
  });

  it.each<object>([
    { sd1: { accounts: 5 }, b: sd1 },
    { sd1: { principals: [5] }, b: sd1 },
    { sd1: { endpoints: 5 }, b: { endpoints: ['vpce-1'] } },
    { sd1: null, b: sd1 },
  ])('are refused for a wrong type, and for nothing else: %j', (consumers) => {
    expect(problemsOf({ consumers })).toEqual([expect.stringMatching(/^consumers\.sd1.*: Invalid input: expected /)]);
  });

  it('may name an account in several consumers if each of them lists its endpoints', () => {
    const batch = { accounts: ['111111111111'], endpoints: ['vpce-1'], calls: ['egress'] };

    expect(problemsOf({ consumers: { sd1: { ...sd1, endpoints: ['vpce-2'] }, batch } })).toEqual([]);
  });

  it('create the entities of their plugin, so that domains may not list it', () => {
    const { error } = domain.safeParse({ plugins: [{ name: 'privatelink-callers' }] });

    expect(error?.issues[0]?.message).toBe('written from `contracts`: remove it here');
  });
});
