import { z } from 'zod';

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);

const hop = z
  .strictObject({
    from: text.describe('caller of the hop'),
    to: text.describe('callee of the hop'),
    address: text.describe('`ip:port`'),
    zoneId: text.optional().describe('the zone of the address'),
    reason: text.describe('reason for this address'),
    latencyMs: z.number().describe('time until the answer'),
  })
  .meta({ id: 'hop' });

const trip = z
  .strictObject({
    ok: z.boolean().describe('whether the request succeeded'),
    nonce: text.describe('nonce from the end of the chain'),
    hops: z.array(hop).describe('hops of the request'),
    problem: text.optional().describe('the problem'),
  })
  .meta({ id: 'trip' });

/** Outputs of the sandbox with `--json`. */
export const sandboxOutputs = {
  sandbox: z
    .strictObject({
      ok: z.boolean().describe('whether every request succeeded'),
      nonce: text.describe('first nonce from the end of the chain'),
      hops: z.array(hop).describe('hops of the first request'),
      events: z
        .array(
          z.strictObject({
            what: text.describe('description of the event'),
            discovered: texts.describe('result of `discover`; empty where `contracts` ran instead'),
            findings: texts.describe('findings about the networks'),
            changed: texts.describe('written changes'),
            contracts: texts.optional().describe('connections to the gateway, by `contracts`'),
            requests: count.optional().describe('number of requests in the meantime; absent: one request'),
            trip: trip.describe('the request after the event'),
          }),
        )
        .describe('the shown events'),
    })
    .meta({ id: 'sandbox' }),
  'sandbox --serve': z
    .strictObject({
      title: text.describe('the estate and its accounts'),
      accounts: z.record(text, text).describe('account ids by AWS profile; `gateway` is the default'),
      awsUrl: text.describe('URL of AWS'),
      konnectUrl: text.describe('URL of Konnect'),
      door: text.describe('address of the gateway for the consumer'),
      configPath: text.describe('path of the configuration'),
      env: z.record(text, text).describe('environment variables for the commands'),
      experiment: z
        .strictObject({
          what: text.describe('effect of the command'),
          command: text.describe('command of the AWS CLI'),
        })
        .describe('a change of AWS to try'),
    })
    .meta({ id: 'sandbox --serve' }),
  'sandbox --rollout': z
    .strictObject({
      ok: z.boolean().describe('whether the rollout succeeded'),
      events: z
        .array(
          z.strictObject({
            what: text.describe('description of the event'),
            command: text.describe('command of the person'),
            exitCode: count.describe('exit code of the command'),
            said: texts.describe('output on standard error'),
            stages: z
              .array(
                z.strictObject({
                  stage: text.describe('name of the stage'),
                  holds: text.describe('content of the control plane, for people'),
                  revision: text.optional().describe('revision by `history`'),
                  changed: texts.describe('changes that the command wrote'),
                  requests: count.describe('number of requests through the gateway in the meantime'),
                  failed: count.describe('number of failed requests'),
                }),
              )
              .describe('stages after the command, in the order of the rollout'),
            problem: text.optional().describe('the problem'),
          }),
        )
        .describe('the shown events'),
    })
    .meta({ id: 'sandbox --rollout' }),
} as const;
