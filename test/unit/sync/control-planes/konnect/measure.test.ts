import { describe, expect, it } from '@jest/globals';
import type { HttpCall } from '#sync/control-planes/kong-api/http';
import { measurePlane } from '#sync/control-planes/konnect/measure';

const signal = new AbortController().signal;

/** Konnect, where it is half past eight and half a minute. */
function planeThatAnswers(answer: unknown) {
  const calls: HttpCall[] = [];
  const http = async (call: HttpCall) => {
    calls.push(call);
    return answer;
  };
  return { calls, plane: { http, id: 'plane-id', now: () => Date.parse('2027-01-15T08:30:30.500Z') } };
}

const answerOf = (event: object) => ({ data: [{ timestamp: '2027-01-15T08:27:00Z', event }], meta: {} });
const measure = { metric: 'error_rate', windowSeconds: 150 } as const;

describe('a measure of Konnect', () => {
  it("is read over whole minutes that ended by Konnect's clock", async () => {
    const { calls, plane } = planeThatAnswers(answerOf({ request_count: 5, error_rate: 20 }));

    expect(await measurePlane(plane, measure, signal)).toEqual({ requests: 5, value: 20 });
    expect(calls).toMatchObject([
      {
        method: 'POST',
        path: '/v2/metrics',
        body: {
          metrics: ['request_count', 'error_rate'],
          filters: [{ field: 'control_plane', operator: 'in', value: ['plane-id'] }],
          time_range: {
            type: 'absolute',
            tz: 'Etc/UTC',
            start: '2027-01-15T08:27:00.000Z',
            end: '2027-01-15T08:30:00.000Z',
          },
        },
      },
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['a page of HTML', '<html>'],
    ['a rate over 100 percent', answerOf({ request_count: 5, error_rate: 101 })],
    ['a rate below 0', answerOf({ request_count: 5, error_rate: -1 })],
    ['a number as text', answerOf({ request_count: '5', error_rate: 1 })],
    ['a number too large', answerOf({ request_count: Number.POSITIVE_INFINITY, error_rate: 1 })],
    ['no count', answerOf({ error_rate: 1 })],
    ['two buckets', { data: [...answerOf({ request_count: 5 }).data, ...answerOf({ request_count: 6 }).data] }],
  ])('has no value if the answer is %s', async (_, answer) => {
    const { plane } = planeThatAnswers(answer);

    await expect(measurePlane(plane, measure, signal)).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
  });
});
