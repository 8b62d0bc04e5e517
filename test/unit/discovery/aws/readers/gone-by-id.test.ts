import { describe, expect, it } from '@jest/globals';
import { describeExisting, findMissing } from '#discovery/aws/readers/gone-by-id';

function notFound(text: string): Error {
  return Object.assign(new Error(text), { name: 'InvalidVpcEndpointId.NotFound' });
}

/** AWS with the endpoints of `existing`. It names the others all at once, or one at a time. */
function awsWith(existing: readonly string[], naming: 'all' | 'one' = 'all') {
  const asked: (readonly string[])[] = [];
  const describe = async (ids: readonly string[]) => {
    asked.push(ids);
    const missing = ids.filter((id) => !existing.includes(id));
    const named = naming === 'one' ? missing.slice(0, 1) : missing;
    if (named.length > 0) throw notFound(`The Vpc Endpoint Ids '${named.join(', ')}' do not exist`);
    return ids;
  };
  return { asked, describe };
}

const many = Array.from({ length: 8 }, (_, index) => `vpce-${index}`);

describe('findMissing', () => {
  it.each(['all', 'one'] as const)('finds the missing endpoints when AWS names %s', async (naming) => {
    const { describe } = awsWith(['vpce-2'], naming);

    expect(await findMissing(['vpce-1', 'vpce-2', 'vpce-3'], describe)).toEqual(['vpce-1', 'vpce-3']);
  });

  it('needs one call when all endpoints exist, or none', async () => {
    const present = awsWith(['vpce-1', 'vpce-2']);
    const absent = awsWith([]);

    expect(await findMissing(['vpce-1', 'vpce-2'], present.describe)).toEqual([]);
    expect(await findMissing(['vpce-1', 'vpce-2'], absent.describe)).toEqual(['vpce-1', 'vpce-2']);
    expect([present.asked.length, absent.asked.length]).toEqual([1, 1]);
  });

  it('returns the result of five calls, and leaves the rest for later', async () => {
    const { asked, describe } = awsWith([], 'one');

    expect(await findMissing(many, describe)).toEqual(many.slice(0, 5));
    expect(asked).toHaveLength(5);
  });

  it.each([
    ['another error', Object.assign(new Error('vpce-1 is throttled'), { name: 'RequestLimitExceeded' })],
    ['a refusal without a name', notFound('does not exist')],
    ['a refusal that names another endpoint', notFound("The Vpc Endpoint Id 'vpce-9' does not exist")],
    ['a longer id', notFound("The Vpc Endpoint Id 'vpce-12' does not exist")],
  ])('fm-01 does not take %s for an answer', async (_, thrown) => {
    const found = findMissing(['vpce-1'], () => Promise.reject(thrown));

    await expect(found).rejects.toBe(thrown);
  });
});

describe('describeExisting', () => {
  it('fm-11 returns the existing endpoints when AWS names others as unknown', async () => {
    expect(await describeExisting(['vpce-1', 'vpce-2'], awsWith(['vpce-2']).describe)).toEqual(['vpce-2']);
  });

  it('returns nothing when no endpoint exists', async () => {
    expect(await describeExisting(['vpce-1'], awsWith([]).describe)).toBeUndefined();
  });

  it('gives up after five calls', async () => {
    const { asked, describe } = awsWith([], 'one');

    await expect(describeExisting(many, describe)).rejects.toThrow('do not exist');
    expect(asked).toHaveLength(5);
  });
});
