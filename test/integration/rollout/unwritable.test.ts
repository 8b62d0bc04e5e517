import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { good, openStagedEstate, type StagedEstate } from '../../support/rollout/staged-estate';

let estate: StagedEstate;

beforeEach(async () => {
  estate = await openStagedEstate(['canary', 'blue']);
});

afterEach(() => estate.close());

const inBoth = () => ['canary', 'blue'].map(estate.pluginsOf);
const addresses = () => ['canary', 'blue'].map((name) => estate.konnect.entities(name, 'targets').length);

describe('an unwritable stateDir', () => {
  it('keeps every stage at its revision, with the addresses of today, until a trial can be recorded', async () => {
    estate.use([]);
    await estate.advance();
    estate.use(good);
    const file = join(estate.folder, 'kong-privatelink.yaml');
    const text = readFileSync(file, 'utf8');
    estate.configure(`${text}stateDir: /proc/none\n`);
    estate.addEndpoint('sd2', ['10.0.1.99']);

    const { exitCode, steps, reasons } = await estate.advance();
    const held = inBoth();
    estate.configure(text);
    const after = await estate.advance();

    expect([exitCode, steps, held, addresses()]).toEqual([2, ['waits', 'waits'], [[], []], [2, 2]]);
    expect(reasons[0]).toMatch(/the journal cannot be written to \/proc\/none/);
    expect([after.exitCode, inBoth()]).toEqual([0, [['rate-limiting'], ['rate-limiting']]]);
  });
});
