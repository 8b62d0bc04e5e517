import { z } from 'zod';

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);

const hop = z
  .strictObject({
    from: text.describe('who calls'),
    to: text.describe('who is called'),
    address: text.describe('`ip:port`'),
    zoneId: text.optional().describe('the zone of the address'),
    reason: text.describe('why this address'),
    latencyMs: z.number().describe('until the answer'),
  })
  .meta({ id: 'hop' });

const trip = z
  .strictObject({
    ok: z.boolean().describe('whether the request went right'),
    nonce: text.describe('what came back from the end of the chain'),
    hops: z.array(hop).describe('its legs'),
    problem: text.optional().describe('what went wrong'),
  })
  .meta({ id: 'trip' });

/** What the sandbox prints with `--json`, by what it shows. */
export const sandboxOutputs = {
  sandbox: z
    .strictObject({
      ok: z.boolean().describe('whether every request went right'),
      nonce: text.describe('what came back from the end of the chain, first'),
      hops: z.array(hop).describe('the legs of the first request'),
      events: z
        .array(
          z.strictObject({
            what: text.describe('what happened'),
            discovered: texts.describe('what `discover` sees; nothing where `contracts` was asked instead'),
            findings: texts.describe('what it finds about the networks'),
            changed: texts.describe('what was written'),
            contracts: texts.optional().describe('who is connected to the gateway, as `contracts` says it'),
            requests: count.optional().describe('how many requests went through meanwhile, where more than one did'),
            trip: trip.describe('the request after it'),
          }),
        )
        .describe('what was shown'),
    })
    .meta({ id: 'sandbox' }),
  'sandbox --serve': z
    .strictObject({
      title: text.describe('which estate it is, and who is in it'),
      accounts: z
        .record(text, text)
        .describe('ids of accounts by the profile that acts for them; `gateway` is the default'),
      awsUrl: text.describe('where AWS is'),
      konnectUrl: text.describe('where Konnect is'),
      door: text.describe('where the consumer reaches the gateway'),
      configPath: text.describe('the configuration'),
      env: z.record(text, text).describe('the variables that the commands need'),
      experiment: z
        .strictObject({ what: text.describe('what comes of it'), command: text.describe("of AWS's command line") })
        .describe('a change of AWS to try'),
    })
    .meta({ id: 'sandbox --serve' }),
  'sandbox --rollout': z
    .strictObject({
      ok: z.boolean().describe('whether all was as it should be'),
      events: z
        .array(
          z.strictObject({
            what: text.describe('what happened'),
            command: text.describe('what a person ran then'),
            exitCode: count.describe('how it ended'),
            said: texts.describe('what it told on standard error'),
            stages: z
              .array(
                z.strictObject({
                  stage: text.describe('which'),
                  holds: text.describe('what its control plane holds, for people'),
                  revision: text.optional().describe('what `history` says that it runs'),
                  changed: texts.describe('what the command wrote to it'),
                  requests: count.describe('how many went through its gateway meanwhile'),
                  failed: count.describe('how many of them went wrong'),
                }),
              )
              .describe('after the command, in the order of the rollout'),
            problem: text.optional().describe('what is not as it should be'),
          }),
        )
        .describe('what was shown'),
    })
    .meta({ id: 'sandbox --rollout' }),
} as const;
