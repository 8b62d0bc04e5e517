import { z } from 'zod';
import type { Measure, Measured } from '../backend';
import type { Api } from '../kong-api/errors';
import { shapeError } from '../kong-api/errors';
import type { Plane } from './plane';

const minuteMs = 60_000;

const path = '/v2/metrics';

const role = {
  code: 'CONTROL_PLANE_AUTH',
  fix: 'give the owner of controlPlane.token the role Analytics Viewer, or use a metric of type prometheus',
} as const;

/** Konnect allows ten queries a minute for each user, across control planes. */
const fixes: Api['fixes'] = {
  401: role,
  403: role,
  404: {
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: 'check that this Konnect has Advanced Analytics, or use a metric of type prometheus',
  },
  429: {
    code: 'RATE_LIMITED',
    fix: 'Konnect answers ten of these calls a minute: use fewer metrics of type konnect, or fewer stages at once',
  },
};

/** Latencies in milliseconds, error rates in percent. */
const limits = { error_rate: 100, upstream_latency_p99: Number.MAX_VALUE } as const;

function answerOf(metric: Measure['metric']) {
  const event = z.object({
    request_count: z.number().min(0),
    [metric]: z.number().min(0).max(limits[metric]).nullish(),
  });
  return z.object({ data: z.array(z.object({ event })).max(1) });
}

/**
 * Reads Konnect's analytics of the control plane for the last whole minutes. Throws
 * PrivatelinkError.
 */
export async function measurePlane(
  { http, id, now }: Pick<Plane, 'http' | 'id' | 'now'>,
  { metric, windowSeconds }: Measure,
  signal: AbortSignal,
): Promise<Measured> {
  const endMs = Math.floor(now() / minuteMs) * minuteMs;
  const startMs = endMs - Math.ceil(windowSeconds / 60) * minuteMs;
  const body = {
    metrics: ['request_count', metric],
    filters: [{ field: 'control_plane', operator: 'in', value: [id] }],
    time_range: { type: 'absolute', tz: 'Etc/UTC', start: timeOf(startMs), end: timeOf(endMs) },
  };
  const answer = answerOf(metric).safeParse(await http({ method: 'POST', path, body, fixes }, signal));
  if (!answer.success) throw shapeError(`POST ${path}`, answer.error);
  const event = answer.data.data[0]?.event;
  return { requests: event?.request_count ?? 0, value: event?.[metric] ?? undefined };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
