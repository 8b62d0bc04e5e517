import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';

let estate: Estate;
let id: string;

beforeEach(async () => {
  estate = await openEstate();
  id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
});

afterEach(() => estate.close());

async function answerTo(...argv: readonly string[]) {
  const { exitCode, out } = await estate.run('explain', ...argv, '--json');
  return { exitCode, answer: JSON.parse(out) };
}

describe('explain of a domain', () => {
  it('says which tag of which endpoint claims it, what is held, what comes next, and where requests go', async () => {
    const before = await estate.run('explain', 'sd2');
    await estate.run('sync');
    const after = await estate.run('explain', 'sd2');

    expect([before.exitCode, after.exitCode]).toEqual([0, 0]);
    console.error(before.out, after.out);
    expect(before.out).toContain(`tag kong:domain=sd2 (source hub, vpc-endpoints)`);
    expect(before.out).toMatch(/target +10\.0\.1\.11:80 in sd2\.privatelink +not there +create/);
    expect(after.out).toMatch(/route +sd2 +[0-9a-f-]{36} +as it is/);
    expect(after.out).toMatch(/use1-az1 +the plugin in target mode +10\.0\.1\.11:80@use1-az1 +100 %/);
    expect(after.out).toMatch(/any +Kong's balancer, sd2\.privatelink +10\.0\.2\.11:80@\S+ +50 %/);
  });
});
