import { z } from 'zod';
import type { PrometheusGateConfig } from '#config/rollout';
import { printable } from '#core/printable';
import { maskOf } from '../../control-planes/kong-api/secrets';
import { type AskJson, forStage, type JsonAnswer, shownUrl } from './ask';
import type { StageGate } from './gate';
import { createMetricGate, type Reading } from './metric-gate';

/** A time, and the value as text, which may not be a number. */
const sample = z.tuple([z.number(), z.string()]);
const success = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: sample }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample.optional() })) }),
    z.object({ resultType: z.enum(['matrix', 'string']) }),
  ]),
});
const failure = z.object({ status: z.literal('error'), error: z.string() });

/** The form in which Go writes a finite float. */
const numberForm = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Makes a gate from the result of a query at the time of each sample. */
export function createPrometheusGate(config: PrometheusGateConfig, stage: string, ask: AskJson): StageGate {
  const { address, token, everySeconds } = config;
  const url = `${address.replace(/\/+$/, '')}/api/v1/query`;
  const mask = maskOf({ token });
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const body = String(new URLSearchParams({ query: forStage(config.query, stage) }));
  return createMetricGate(config, {
    everyMs: everySeconds * 1_000,
    unit: '',
    read: async (signal) => {
      const reading = readingOf(await ask({ url, headers, body }, signal));
      return 'value' in reading ? reading : { problem: `POST ${shownUrl(url)}: ${mask(reading.problem)}` };
    },
  });
}

const queryFix = 'write a query that returns one number, such as with sum(...)';
const addressFix = 'check the address of the metric and the way to it';

function readingOf(told: JsonAnswer): Reading {
  if ('problem' in told) return { problem: `${told.problem}; ${addressFix}` };
  const refused = failure.safeParse(told.body);
  if (refused.success) {
    const words = printable(refused.data.error.slice(0, 300));
    return { problem: `it answered ${told.status}: ${words}; correct the query of the metric` };
  }
  const answer = success.safeParse(told.body);
  if (told.status !== 200 || !answer.success)
    return { problem: `it answered ${told.status}, which is not what Prometheus documents; ${addressFix}` };
  return resultOf(answer.data.data);
}

function resultOf(data: z.infer<typeof success>['data']): Reading {
  if (data.resultType === 'scalar') return numberOf(data.result[1]);
  if (data.resultType !== 'vector') return { problem: `the query returns a ${data.resultType}; ${queryFix}` };
  const [first, ...others] = data.result;
  if (!first) return { problem: 'the query returns nothing; check that its series exist, or add "or vector(0)"' };
  if (others.length > 0) return { problem: `the query returns ${data.result.length} series; ${queryFix}` };
  return first.value ? numberOf(first.value[1]) : { problem: `the query returns a histogram; ${queryFix}` };
}

function numberOf(text: string): Reading {
  const value = numberForm.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return { value };
  const words = printable(text.slice(0, 40));
  return {
    problem: `the query returns ${words || 'no text'}, which is not a number; check that there are requests to measure`,
  };
}
