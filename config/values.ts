import { z } from 'zod';
import { isLoopback } from '#core/addresses/loopback';
import { domainPattern } from '#core/names';

/** What several parts of the configuration are made of; each place says by a description of its own what it is for. */

export const text = z.string().min(1);

/** Becomes part of a tag (`scope:<source>.…`), where dots separate. */
export const label = z.string().regex(domainPattern, 'lowercase letters, digits and dashes, at most 63');

/** A password in it would be seen wherever the address is told, and nobody sends it. */
export const url = z
  .url({
    protocol: /^https?$/,
    error: ({ input }) => (input === undefined ? undefined : 'an http or https URL'),
    abort: true,
  })
  .refine((address) => new URL(address).username === '' && new URL(address).password === '', {
    error: 'an address without user and password: give them as token, or in headers as authorization: "Basic …"',
    abort: true,
  });

export const secureUrl = url.refine((address) => address.startsWith('https:') || isLoopback(address), {
  error: 'plain http is accepted only on loopback: use https, the token travels with every call',
});

/** Paths are added to it. */
export const secureBase = secureUrl
  .refine((address) => !/[?#]/.test(address), { error: 'the address without a query: paths are added to it' })
  .refine((address) => !/\/v[123]\/*$/.test(address), {
    error: 'the address without the version of the API at its end, such as /v2: it is added',
  });

export const token = z.string().trim().regex(/^\S+$/, 'a token without spaces or line breaks inside');

export const awsRegion = z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'an AWS region, such as us-east-1');

export const account = z
  .strictObject({
    roleArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/,
        'an IAM role ARN, such as arn:aws:iam::111111111111:role/kong-privatelink',
      )
      .describe('the role to assume in that account'),
    externalId: z.string().min(2).optional().describe('what the trust policy of the role asks for as `sts:ExternalId`'),
  })
  .meta({ id: 'sources[].accounts[]' });

const eachEndpoint = z
  .strictObject({
    ec2: url.optional().describe('the address of EC2'),
    sts: url.optional().describe('the address of STS, where roles are assumed'),
    servicediscovery: url.optional().describe('the address of Cloud Map'),
  })
  .meta({ id: 'endpoint' });

export const endpoint = z
  .union([url, eachEndpoint], {
    error: 'an http or https URL without user and password, or one for each of ec2, sts and servicediscovery',
  })
  .optional()
  .describe(
    "the address of AWS's API itself, for networks without a way to the internet: one URL, or one for each API",
  );

/** Refuses two items of one key: they would be two scopes, or two sources, of one id. */
export function distinct<T>(keyOf: (item: T) => string | undefined, field: readonly string[], fix: string) {
  return (items: readonly T[], context: z.RefinementCtx<readonly T[]>) => {
    const keys = items.map(keyOf);
    for (const [index, key] of keys.entries()) {
      const first = keys.indexOf(key);
      if (first < index) {
        context.addIssue({ code: 'custom', path: [index, ...field], message: `same as item [${first}]: ${fix}` });
      }
    }
  };
}
