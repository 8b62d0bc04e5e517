import { z } from 'zod';
import { isLoopback } from '#core/addresses/loopback';
import { domainPattern } from '#core/names';

/** Values that several parts of the configuration use. Each place adds its own description. */

export const text = z.string().min(1);

/** It becomes part of a tag (`scope:<source>.…`), in which dots separate. */
export const label = z.string().regex(domainPattern, 'lowercase letters, digits and dashes, at most 63');

/**
 * Refuses a password in an address: messages show addresses, and no call would send it. `instead`
 * says what to write.
 */
function address(instead: string) {
  return z
    .url({
      protocol: /^https?$/,
      error: ({ input }) => (input === undefined ? undefined : 'an http or https URL'),
      abort: true,
    })
    .refine((one) => new URL(one).username === '' && new URL(one).password === '', {
      error: `an address without user and password: ${instead}`,
      abort: true,
    });
}

/** Whether nobody on the way can read the traffic. */
export function isLoopbackOrTls(one: string): boolean {
  return one.startsWith('https:') || isLoopback(one);
}

const withoutQuery = { error: 'the address without a query: paths are added to it' };

/** For calls without a secret of the product. */
export const plainUrl = address('give them in headers as authorization: "Basic …"');
export const plainBase = plainUrl.refine((one) => !/[?#]/.test(one), withoutQuery);

function secure(instead: string) {
  return address(instead).refine(isLoopbackOrTls, {
    error: 'plain http is accepted only on loopback: use https, the token travels with every call',
  });
}

export const secureUrl = secure('give token instead');

/** The product appends paths to it. */
export const secureBase = secure('give them as token, or in headers as authorization: "Basic …"').refine(
  (one) => !/[?#]/.test(one),
  withoutQuery,
);

/**
 * Whether an address of Konnect ends before the version of its API. The product appends the
 * version.
 */
export const isWithoutVersion = (one: string) => !/\/v[123]\/*$/.test(one);
export const versionIsAdded = 'the address without the version of the API at its end, such as /v2: it is added';

export const token = z.string().trim().regex(/^\S+$/, 'a token without spaces or line breaks inside');

export const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'the name of a header');

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
    externalId: z
      .string()
      .min(2)
      .optional()
      .describe('the `sts:ExternalId` that the trust policy of the role requires'),
  })
  .meta({ id: 'sources[].accounts[]' });

const endpointUrl = address('calls of AWS are signed');

const eachEndpoint = z
  .strictObject({
    ec2: endpointUrl.optional().describe('the address of EC2'),
    sts: endpointUrl.optional().describe('the address of STS, where roles are assumed'),
    servicediscovery: endpointUrl.optional().describe('the address of Cloud Map'),
    elasticloadbalancing: endpointUrl
      .optional()
      .describe('the address of Elastic Load Balancing, for `contracts` alone'),
  })
  .meta({ id: 'endpoint' });

export const endpoint = z
  .union([endpointUrl, eachEndpoint], {
    error:
      'an http or https URL without user and password, or one for each of ec2, sts, servicediscovery and elasticloadbalancing',
  })
  .optional()
  .describe("the address of AWS's API, for networks without a way to the internet: one URL, or one for each API");

/**
 * For `refine`: compares fields even where another field is wrong, so that all mistakes are
 * reported at once.
 */
export const anyway = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
};

/**
 * Refuses two items with one key: they would be two scopes or sources with one id. An item with an
 * incomplete key is reported before.
 */
export function distinct<T>(
  keyOf: (item: T) => readonly (string | undefined)[],
  field: readonly string[],
  fix: string,
) {
  const partsOf = (item: T) => {
    try {
      return keyOf(item);
    } catch {
      return [undefined];
    }
  };
  return (items: readonly T[], context: z.RefinementCtx<readonly T[]>) => {
    if (!Array.isArray(items)) return;
    const firsts = new Map<string, number>();
    for (const [index, item] of items.entries()) {
      const parts = partsOf(item);
      if (parts.some((part) => typeof part !== 'string')) continue;
      const key = parts.join(' ');
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, index);
      else context.addIssue({ code: 'custom', path: [index, ...field], message: `same as item [${first}]: ${fix}` });
    }
  };
}
