import { z } from 'zod';
import { stageName } from './control-planes';
import { anyway, distinct, headerName, isLoopbackOrTls, plainBase, plainUrl, secureUrl, text, token } from './values';

/** How a change goes from stage to stage (docs/rollouts.md). */

/** A day: use `approval` for a longer wait. */
const mostSeconds = 86_400;

/** Whole seconds, because messages for people count them. */
const seconds = (least: number) => z.int().min(least).max(mostSeconds);

const ofStage = stageName.optional().describe('the stage; absent: all stages');

const headers = z
  .record(headerName, z.string().regex(/^[\t\x20-\x7e]*$/))
  .optional()
  .describe('headers of the request; their values are secrets');

const statusUrl = z
  .strictObject({
    stage: ofStage,
    url: plainUrl.describe("`GET /status` of a data plane's Status or Admin API; `{stage}` stands for the stage"),
  })
  .meta({ id: 'rollout.gates.status[]' });

const status = z.int().min(100).max(599);

const request = z
  .strictObject({
    stage: ofStage,
    url: plainUrl.describe("an address that the stage's data planes answer; `{stage}` stands for the stage"),
    method: z
      .enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .default('GET')
      .describe('the method of the requests'),
    headers,
    status: z
      .union([status, z.array(status).min(1)], {
        error: 'a status, or a list of those that are right',
      })
      .default(200)
      .describe('the expected status, or several'),
    perSecond: z.number().min(0.01).max(100).default(1).describe('requests in a second'),
    timeoutSeconds: z.number().min(0.1).max(60).default(5).describe('time for an answer'),
    maxFailed: z.int().min(0).default(0).describe('failed requests that are tolerated in one bake'),
  })
  .meta({ id: 'rollout.gates.requests[]' });

const limits = {
  name: text
    .max(63)
    .refine((one) => one !== 'dataPlanes' && one !== 'requests', 'another name: that is a gate of its own')
    .describe('a name of your own, for reports and metrics'),
  stage: ofStage,
  atMost: z.number().optional().describe('the limit; a value above it fails'),
  atMostTimesBefore: z
    .number()
    .min(0)
    .optional()
    .describe('the limit as a multiple of the value from before the stage was written'),
  maxFailed: z.int().min(0).default(0).describe('samples above the limit that are tolerated in one bake'),
};

const prometheus = z
  .strictObject({
    ...limits,
    type: z.literal('prometheus').describe('a query to Prometheus, or to a program with its API'),
    address: plainBase.describe('its address, without `/api/v1`'),
    token: token.optional().describe('the bearer token of its API'),
    query: text.max(10_000).describe('PromQL that returns one number; `{stage}` stands for the stage'),
    everySeconds: seconds(1).default(15).describe('time between samples'),
  })
  .refine(({ address, token }) => token === undefined || isLoopbackOrTls(address), {
    ...anyway,
    path: ['address'],
    error:
      'plain http is accepted only on loopback where there is a token: use https, the token travels with every call',
  });

const konnect = z.strictObject({
  ...limits,
  type: z.literal('konnect').describe("Konnect's analytics of the stage's control plane"),
  metric: z.enum(['error_rate', 'upstream_latency_p99']).describe('the measure: percent, or milliseconds'),
  windowSeconds: seconds(120).default(120).describe('the time window of a sample; Konnect counts by the minute'),
  minRequests: z.int().min(1).default(100).describe('with fewer requests in the window, a sample is inconclusive'),
});

const hasLimit = (one: { readonly atMost?: number; readonly atMostTimesBefore?: number }) =>
  one.atMost !== undefined || one.atMostTimesBefore !== undefined;

const metric = z
  .discriminatedUnion('type', [prometheus, konnect])
  .refine(hasLimit, { ...anyway, error: 'a limit is needed: atMost, or atMostTimesBefore' })
  .meta({ id: 'rollout.gates.metrics[]' });

const gates = z
  .strictObject({
    dataPlanes: z
      .enum(['required', 'best-effort'])
      .default('required')
      .describe('whether every data plane must have the new configuration within `settleSeconds`'),
    status: z
      .array(statusUrl)
      .default([])
      .describe('status addresses of data planes, where no API of the control plane lists them'),
    requests: z.array(request).default([]).describe('requests through the data planes of the stage, during the bake'),
    metrics: z
      .array(metric)
      .superRefine(
        distinct(({ name, stage = '' }) => [name, stage], ['name'], 'give each metric a name of its own'),
        anyway,
      )
      .default([])
      .describe('metrics during the bake'),
    approval: z
      .union([z.boolean(), z.array(stageName)], { error: 'true, false, or a list of stages' })
      .default(false)
      .describe('whether a stage waits for `rollout approve` after it passed; or the names of the waiting stages'),
  })
  .meta({ id: 'rollout.gates' })
  .prefault({});

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const hoursForm = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const freeze = z
  .strictObject({
    days: z
      .array(z.enum(days))
      .min(1)
      .optional()
      .meta({ description: 'days of the week on which it begins', default: 'all' }),
    hours: z
      .string()
      .regex(hoursForm, 'from and to, such as 16:00-24:00, or 22:00-06:00 over midnight')
      .optional()
      .meta({ description: 'from and to, also over midnight', default: '00:00-24:00' }),
    timeZone: text
      .refine(isTimeZone, 'a time zone of the IANA list, such as Europe/Berlin')
      .default('UTC')
      .describe('the time zone of days and hours'),
  })
  .meta({ id: 'rollout.freeze[]' });

const notify = z
  .strictObject({
    url: secureUrl.describe('the address that gets a `POST` at start, halt, rollback and end'),
    secret: token.describe('the key of the signature in `X-Kong-Privatelink-Signature`'),
  })
  .meta({ id: 'rollout.notify' });

const wave = z.union([stageName, z.array(stageName).min(1)], {
  error: 'the name of a stage, or a list of those that go together',
});

export const rollout = z
  .strictObject({
    order: z
      .array(wave)
      .optional()
      .superRefine((waves = [], context) => {
        const names = waves.flat();
        const twice = names.find((name, index) => names.indexOf(name) < index);
        if (twice !== undefined)
          context.addIssue({ code: 'custom', message: `${twice} is named twice: name each stage once` });
      })
      .describe(
        'names of stages, one after the other; stages in one inner list go together; absent, and for the rest: the order of `controlPlanes`',
      ),
    settleSeconds: seconds(1)
      .default(120)
      .describe('time for data planes to take up a change, and for inconclusive gates'),
    bakeSeconds: seconds(1).default(300).describe('time during which the gates of a stage are sampled'),
    gates: gates.describe('the gates that a stage must pass before the next stage begins'),
    freeze: z.array(freeze).default([]).describe('times in which no stage begins; addresses still follow discovery'),
    notify: notify.optional().describe('a webhook'),
    onFailure: z
      .enum(['rollback', 'halt'])
      .default('rollback')
      .describe('a failed stage: go back to the former revision, or stay'),
  })
  .superRefine(({ bakeSeconds, gates: { metrics } }, context) => {
    for (const [index, one] of metrics.entries()) {
      // Konnect counts whole minutes, and the present minute is not whole yet.
      const needed = one.type === 'konnect' ? one.windowSeconds + 60 : 0;
      if (needed > bakeSeconds)
        context.addIssue({
          code: 'custom',
          path: ['gates', 'metrics', index, 'windowSeconds'],
          message: `in a bake of ${bakeSeconds} s such a window is never over: raise bakeSeconds to ${needed}`,
        });
    }
  }, anyway)
  .meta({ id: 'rollout' });

export type RolloutConfig = z.infer<typeof rollout>;
export type RequestGateConfig = RolloutConfig['gates']['requests'][number];
export type StatusUrlConfig = RolloutConfig['gates']['status'][number];
export type MetricGateConfig = RolloutConfig['gates']['metrics'][number];
export type PrometheusGateConfig = Extract<MetricGateConfig, { type: 'prometheus' }>;
export type KonnectGateConfig = Extract<MetricGateConfig, { type: 'konnect' }>;
export type FreezeConfig = RolloutConfig['freeze'][number];
export type NotifyConfig = NonNullable<RolloutConfig['notify']>;
