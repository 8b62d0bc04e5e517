import { describe, expect, it } from '@jest/globals';
import type { Story } from '#sandbox/story';
import { startSandbox } from '../support/sandbox';

describe('npm start -- --faults', () => {
  it('shows the effect of each fault on discovery, while nothing changes and every request succeeds', async () => {
    const { out, exitCode } = await startSandbox('--faults', '--json');
    const { ok, events }: Story = JSON.parse(out);
    const faults = events.slice(1, -1);

    expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
    expect(faults.flatMap(({ changed }) => changed)).toEqual([]);
    expect(faults.every(({ requests = 0 }) => requests > 1)).toBe(true);
    const reported = faults.flatMap(({ discovered }) => discovered).join('\n');
    for (const code of ['THROTTLED', 'AWS', 'TIMEOUT', 'CREDENTIALS', 'BAD_ANSWER']) {
      expect(reported).toContain(`unknown [${code}]`);
    }
    expect(reported).toContain('AWS does not list its network interface');
    expect(events.at(-1)?.changed.map((change) => change.split(' ').slice(0, 2).join(' '))).toEqual(
      Array(3).fill('create target'),
    );
  });
});
