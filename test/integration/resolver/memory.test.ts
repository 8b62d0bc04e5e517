import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const dist = join(__dirname, '../../../dist');
const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-memory-'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('the answering thread', () => {
  it('keeps its new space small, even after another thread has started', () => {
    const config = join(folder, 'kong-privatelink.yaml');
    const source = { name: 'hub', type: 'snapshot', file: join(folder, 'snapshot.json') };
    writeFileSync(config, JSON.stringify({ owner: 'test', sources: [source], controlPlane: {}, resolver: {} }));
    const script = `
      require(${JSON.stringify(join(dist, 'resolver/memory.js'))}).saveMemory();
      const { readSettingsInThread } = require(${JSON.stringify(join(dist, 'resolver/settings/in-thread.js'))});
      readSettingsInThread({ config: ${JSON.stringify(config)} }).then(() => {
        const all = Array.from({ length: 500_000 }, (_, index) => ({ index }));
        const space = require('node:v8').getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
        console.log(space.space_size, all.length);
      });`;

    const [bytes] = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).split(' ').map(Number);

    expect(bytes).toBeLessThan(8 * 2 ** 20);
  });
});
