import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { accounts } from '../../support/contracts/builders';
import { type ContractsWorld, openContractsWorld } from '../../support/contracts/world';
import { until } from '../../support/until';
import { startScrapedWorker } from '../../support/watch/process';

let world: ContractsWorld;
let worker: Awaited<ReturnType<typeof startScrapedWorker>>;

beforeEach(async () => {
  world = await openContractsWorld();
  world.addEndpoint('sd2', ['10.0.1.11']);
  const watch = 'watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n';
  world.contract({ accept: 'contracted', reject: 'uncontracted' }, watch);
});

afterEach(async () => {
  await worker.close();
  await world.close();
});

it('a worker accepts and rejects connections in its passes, logs each once, and counts connections', async () => {
  worker = await startScrapedWorker(world);
  await worker.passes(1);
  const wanted = world.connect(accounts.sd1);
  const unwanted = world.connect(accounts.other);

  await until('both are answered', async () => {
    return world.stateOf(wanted) === 'available' && world.stateOf(unwanted) === 'rejected';
  });
  const series = (state: string, contracted: string) =>
    `contract_connections{service="${world.service.id}",state="${state}",contracted="${contracted}"}`;
  await worker.shows(series('available', 'yes'), 1);
  await worker.shows(series('rejected', 'no'), 1);
  await worker.passes(2);

  const told = worker.said('action of contracts done').map(({ action, endpoint }) => `${action} ${endpoint}`);
  expect(told.sort()).toEqual([`accept ${wanted}`, `reject ${unwanted}`].sort());
  expect([...world.writes()].sort()).toEqual(['AcceptVpcEndpointConnections', 'RejectVpcEndpointConnections']);
});
