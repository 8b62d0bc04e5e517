import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { EndpointConnection } from '#core/contracts/model';
import { openContractsStore } from '#discovery/contracts/store';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const open = () => openContractsStore({ stateDir, owner: 'test', clock: { monotonicMs: () => 0 } });

const goodsOf = (endpointId: string, observedAtMs: number) => {
  const connection: EndpointConnection = { serviceId: 'vpce-svc-1', endpointId, state: 'available' };
  return { goods: { connections: { value: [connection], observedAtMs } } };
};

it('an unwritable store removes its older file, so that no process trusts old data', async () => {
  const store = open();
  await store.write('vpce-svc-1', goodsOf('vpce-1', 1));
  const before = readdirSync(stateDir);
  // No JSON can be made of it. This fails like a full disk.
  const failed = await store.write('vpce-svc-1', goodsOf('vpce-2', 2n as unknown as number));
  const read = await open().read('vpce-svc-1');
  const written = await store.write('vpce-svc-1', goodsOf('vpce-1', 1));

  expect(before).toEqual(['contracts.test.vpce-svc-1.json']);
  expect(failed.warning).toMatch(/a restart while AWS does not answer starts with nothing known/);
  expect(read).toEqual({ goods: {} });
  expect(written).toEqual({});
  expect((await open().read('vpce-svc-1')).goods).toEqual(goodsOf('vpce-1', 1).goods);
});
