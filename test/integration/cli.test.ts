import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate } from '../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

describe('kong-privatelink', () => {
  it('discovers, shows the difference, writes it, and has nothing left to do', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const discover = await estate.run('discover');
    const before = await estate.run('diff');
    const sync = await estate.run('sync');
    estate.konnect.resetCalls();
    const again = await estate.run('sync', '--json');
    const after = await estate.run('diff');

    expect(discover.out).toContain(id);
    expect(before.exitCode).toBe(2);
    expect(sync).toMatchObject({ exitCode: 0, err: '' });
    expect(JSON.parse(again.out)).toMatchObject({ changes: [], kept: [] });
    expect(estate.konnect.calls.filter((call) => call.method !== 'GET')).toEqual([]);
    expect(after.exitCode).toBe(0);
    expect(estate.konnect.entities('prod', 'targets')).toHaveLength(2);
  });
});
