import { z } from 'zod';
import { parseEndpointState } from '#core/endpoint-states';
import { isProblem, misfitOf } from '#core/errors';
import {
  type Address,
  type Discovered,
  type Endpoint,
  type LastGood,
  type Observed,
  type Protocol,
  type Quarantined,
  quarantineCodes,
  type Scope,
  type Snapshot,
} from '#core/model';
import { domainPattern } from '#core/names';
import { isZoneId } from '#core/zones';
import { cut, cutNames, isEndpointId } from '../admission/fields';
import { brokenRule, spellClaim } from '../admission/rules';

/**
 * The form of a snapshot. The schema of tags checks claims (fm-50). An invalid endpoint affects
 * only itself (fm-45). The reading source checks the addresses.
 */

/**
 * One parser for each field of a type, also for optional fields: a new field of the model cannot
 * get lost here.
 */
type Fields<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K]> };

/** The range of a JavaScript Date. */
const timeMs = z.number().min(-8.64e15).max(8.64e15);
const state = z.string().transform(parseEndpointState);
const words = z.string().transform((text) => cut(text));
const names = z.array(z.string()).transform(cutNames);
const region = z.string().regex(/^[a-z0-9-]{1,32}$/, 'a region, such as us-east-1');
const label = z.string().regex(/^[a-z0-9-]{1,63}$/, 'lowercase letters, digits and dashes, at most 63');
/** A scope tag is `scope:` and this text. */
const scopeId = z
  .string()
  .max(122)
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+\.[a-z0-9-]+$/, 'the id of a scope, such as hub.self.us-east-1');

const protocols: { readonly [P in Protocol]: P } = { http: 'http', https: 'https', grpc: 'grpc', grpcs: 'grpcs' };

const address = z.object({
  ip: z.string(),
  region,
  // A zone is a preference. A zone that fails the check is unknown (fm-49).
  zoneId: z.string().refine(isZoneId).optional().catch(undefined),
} satisfies Fields<Address>);

const accountId = z
  .string()
  .regex(/^\d{12}$/)
  .optional();
const observed = z.object({ scopeId, atMs: timeMs, accountId } satisfies Fields<Observed>).optional();

const endpoint = z
  .object({
    domain: z.string(),
    protocol: z.enum(protocols),
    port: z.number(),
    host: z.string().optional(),
    paths: z.array(z.string()),
    weight: z.number(),
    id: z.string().refine(isEndpointId, 'an id that can become a tag of Kong'),
    scopeId,
    state,
    reason: words.optional(),
    createdAtMs: timeMs,
    serviceName: words.optional(),
    vpcId: words.optional(),
    grantedPaths: z.array(z.string()),
    dnsNames: names,
    addresses: z.array(address),
    observed,
  } satisfies Fields<Endpoint>)
  .superRefine((one, context) => {
    const broken = brokenRule(one);
    if (broken) context.addIssue({ code: 'custom', path: [broken.field], message: broken.fix });
  })
  .transform(spellClaim);

/** Without an id, the missing thing is unknown (fm-03). */
const anyId = z
  .string()
  .min(1)
  .transform((text) => cut(text));

/** Fields for people, and fields that the reading source judges again. They need not be valid. */
const lenient = {
  scopeId: scopeId.catch(''),
  domain: z.string().regex(domainPattern).optional().catch(undefined),
  state: state.optional().catch(undefined),
};

const quarantined = z.object({
  ...lenient,
  endpointId: anyId,
  // A later version may have more codes. This version quarantines what it does not understand.
  code: z.enum(quarantineCodes).catch('missing-field'),
  reason: words.catch(''),
  fix: words.catch(''),
  observed: observed.catch(undefined),
} satisfies Fields<Quarantined>);

/** The readable part of an invalid endpoint, for its quarantine. */
const refused = z.object({ ...lenient, id: anyId });

const endpointOrWhyNot = z.unknown().transform((value, context): Endpoint | Quarantined => {
  const parsed = endpoint.safeParse(value);
  if (parsed.success) return parsed.data;
  const misfit = misfitOf(parsed.error, 'endpoint');
  const rest = refused.safeParse(value);
  if (rest.success) return quarantine(rest.data, misfit);
  context.addIssue({ code: 'custom', message: misfit });
  return z.NEVER;
});

function quarantine({ id, ...rest }: z.infer<typeof refused>, misfit: string): Quarantined {
  const reason = cut(`has a field in the snapshot that cannot be used (${misfit})`);
  return { endpointId: id, ...rest, code: 'missing-field', reason, fix: 'correct it where the snapshot is written' };
}

/** Parses all endpoints at once in the usual case that all are valid, else one by one. */
const endpoints = z.unknown().transform((value, context): readonly (Endpoint | Quarantined)[] => {
  const all = z.array(endpoint).safeParse(value);
  if (all.success) return all.data;
  const each = z.array(endpointOrWhyNot).safeParse(value);
  if (each.success) return each.data;
  const [issue] = each.error.issues;
  context.addIssue({
    code: 'custom',
    path: [...(issue?.path ?? [])],
    message: issue?.message ?? 'no list of endpoints',
  });
  return z.NEVER;
});

const discovered = z
  .object({ endpoints, quarantined: z.array(quarantined) } satisfies Record<keyof Discovered, z.ZodType>)
  .transform(
    (one): Discovered => ({
      endpoints: one.endpoints.flatMap((read) => (isProblem(read) ? [] : [read])),
      quarantined: [...one.quarantined, ...one.endpoints.filter(isProblem)],
    }),
  );

const lastGood = z.object({
  observedAtMs: timeMs,
  accountId,
  discovered,
  isRestored: z.boolean().optional(),
} satisfies Fields<LastGood>);

const scope = z.object({ id: scopeId, source: label, account: label, region } satisfies Fields<Scope>);

const scopeStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('known'), scope, observedAtMs: timeMs, accountId, discovered }),
  z.object({ status: z.literal('unknown'), scope, reason: words, code: words, lastGood: lastGood.optional() }),
]);

export const snapshotSchema = z.object({
  takenAtMs: timeMs,
  scopes: z.array(scopeStateSchema),
  goneIds: z.array(words).optional(),
  warnings: z.array(words).optional(),
  // Findings are only for the caller that asked for them. No file holds them.
} satisfies Fields<Omit<Snapshot, 'findings'>>);

/** The same, without unusable scopes. */
export const usableSnapshotSchema = snapshotSchema.extend({
  scopes: z
    .array(z.unknown())
    .transform((states) => states.flatMap((state) => scopeStateSchema.safeParse(state).data ?? [])),
});
