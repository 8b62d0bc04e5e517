import { describe, expect, it } from '@jest/globals';
import { readOwnNode } from '#sync/control-planes/dbless/node';

const signal = new AbortController().signal;
const readFrom = (answer: unknown) => readOwnNode(async () => answer, 'kong:8001', signal);

describe('the node of a Kong without a database', () => {
  it('expects what it has, because the control plane is its own data plane', async () => {
    expect(await readFrom({ configuration_hash: 'abc', memory: {} })).toEqual({
      expectedHash: 'abc',
      connected: [{ name: 'kong:8001', hash: 'abc' }],
    });
  });

  it('has nothing before its first configuration', async () => {
    expect(await readFrom({ configuration_hash: '0'.repeat(32) })).toEqual({
      expectedHash: undefined,
      connected: [{ name: 'kong:8001', hash: undefined }],
    });
  });

  it.each([undefined, '<html>', {}, { configuration_hash: '' }, { configuration_hash: 7 }])(
    'cannot be read where the answer is %j',
    async (answer) => {
      await expect(readFrom(answer)).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
    },
  );
});
