import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { isCallers, tablesIn } from '#deck/callers/entity';
import type { Change } from '#sync/plan/changes';
import { endpointOf, knownScope } from '../../../../support/builders';
import { connectionOf, contractsOf } from '../../../../support/contracts/builders';
import { createMemoryServices } from '../../../../support/contracts/memory';
import { createPasses } from '../../../../support/passes';

const nobody = contractsOf({ consumers: {} });
const addressesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ip: `10.0.0.${index + 1}`, region: 'us-east-1' }));
const scopeOf = (count: number) => knownScope([endpointOf({ domain: 'sd2', addresses: addressesOf(count) })]);

/** A control plane on which SD1 may call SD2. The next pass finds that no consumer may. */
async function createWorld() {
  const { contracts, all } = createMemoryServices();
  all[0]?.connections.set('vpce-1', connectionOf({ state: 'available' }));
  const passes = createPasses({ contracts });
  await passes.pass(scopeOf(1));
  const tables = () => [...passes.plane.entities.values()].filter(isCallers).map((one) => tablesIn(one).callers);
  expect(tables()).toEqual(['sd1 111111111111 vpce-1']);
  Object.assign(passes.deps, { contracts: { ...contracts, config: nobody } });
  return { ...passes, tables };
}

describe('a consumer that lost its permission leaves the table', () => {
  it('fm-85 although the control plane refuses other changes of the service', async () => {
    const { plane, pass, tables } = await createWorld();
    const service = plane.entities.get('service:sd2');
    if (!service) throw new Error('no service');
    plane.entities.set('service:sd2', { ...service, fields: { ...service.fields, retries: 9 } });
    plane.failWith = ({ kind }) =>
      kind === 'service' ? new PrivatelinkError('retries: too many', { code: 'REJECTED', fix: 'less' }) : undefined;

    const { applied } = await pass(scopeOf(1));

    expect(applied?.map(({ change, outcome }) => [change.kind, outcome])).toEqual(
      expect.arrayContaining([
        ['service', 'failed'],
        ['plugin', 'applied'],
      ]),
    );
    expect(tables()).toEqual(['']);
  });

  it('fm-85 before any other write, even if no other write is allowed', async () => {
    const { plane, pass, tables } = await createWorld();
    const isCreate = ({ action }: Change) => action === 'create';
    plane.failWith = (change) =>
      isCreate(change) ? new PrivatelinkError('slow down', { code: 'RATE_LIMITED', fix: 'wait' }) : undefined;

    const { applied } = await pass(scopeOf(3));

    expect(applied?.filter(({ outcome }) => outcome !== 'applied').map(({ change }) => change.action)).toEqual([
      'create',
      'create',
    ]);
    expect(tables()).toEqual(['']);
  });
});
