import { describe, expect, it } from '@jest/globals';
import { describeExisting, findMissing } from '#discovery/aws/readers/gone-by-id';

function notFound(text: string): Error {
  return Object.assign(new Error(text), { name: 'InvalidVpcEndpointId.NotFound' });
}

/** AWS that knows `existing` only; it names all others in one answer, or one of them. */
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
  it.each(['all', 'one'] as const)('finds those that AWS names, when it names %s', async (naming) => {
    const { describe } = awsWith(['vpce-2'], naming);

    expect(await findMissing(['vpce-1', 'vpce-2', 'vpce-3'], describe)).toEqual(['vpce-1', 'vpce-3']);
  });

  it('needs one call when all are there, or all are missing', async () => {
    const present = awsWith(['vpce-1', 'vpce-2']);
    const absent = awsWith([]);

    expect(await findMissing(['vpce-1', 'vpce-2'], present.describe)).toEqual([]);
    expect(await findMissing(['vpce-1', 'vpce-2'], absent.describe)).toEqual(['vpce-1', 'vpce-2']);
    expect([present.asked.length, absent.asked.length]).toEqual([1, 1]);
  });

  it('keeps what it has found after five calls, and leaves the rest to another time', async () => {
    const { asked, describe } = awsWith([], 'one');

    expect(await findMissing(many, describe)).toEqual(many.slice(0, 5));
    expect(asked).toHaveLength(5);
  });

  it.each([
    ['another error', Object.assign(new Error('vpce-1 is throttled'), { name: 'RequestLimitExceeded' })],
    ['a refusal that names nothing', notFound('does not exist')],
    ['a refusal that names another endpoint', notFound("The Vpc Endpoint Id 'vpce-9' does not exist")],
    ['a longer id', notFound("The Vpc Endpoint Id 'vpce-12' does not exist")],
  ])('fm-01 takes %s for no answer', async (_, thrown) => {
    const found = findMissing(['vpce-1'], () => Promise.reject(thrown));

    await expect(found).rejects.toBe(thrown);
  });
});

describe('describeExisting', () => {
  it('fm-11 gives the others when AWS names some as unknown', async () => {
    expect(await describeExisting(['vpce-1', 'vpce-2'], awsWith(['vpce-2']).describe)).toEqual(['vpce-2']);
  });

  it('gives nothing when none exists', async () => {
    expect(await describeExisting(['vpce-1'], awsWith([]).describe)).toBeUndefined();
  });

  it('gives up after five calls', async () => {
    const { asked, describe } = awsWith([], 'one');

    await expect(describeExisting(many, describe)).rejects.toThrow('do not exist');
    expect(asked).toHaveLength(5);
  });
});
