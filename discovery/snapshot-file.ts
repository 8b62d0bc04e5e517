import { isIP } from 'node:net';
import { z } from 'zod';
import { parseEndpointState } from '../core/endpoint-states';
import { PrivatelinkError } from '../core/errors';
import type {
  Address,
  Endpoint,
  LastGood,
  Observed,
  Protocol,
  QuarantineCode,
  Quarantined,
  Scope,
  Snapshot,
} from '../core/model';
import { domainPattern } from '../core/names';
import { canonicalJson, checksumOf, digestOf } from './canonical-json';

/** Raised when a reader of the version before would misunderstand the file. */
const version = 1;

export type SnapshotOrigin = {
  /** Where the text is from, for messages. */
  readonly from: string;
  /** Whose snapshot it must be. */
  readonly owner: string;
};

/** The text of a snapshot file: JSON with sorted keys, so that the same snapshot has the same bytes, and a checksum over its content. */
export function serialiseSnapshot(snapshot: Snapshot, owner: string): string {
  const content = canonicalJson({ version, owner, snapshot });
  // "checksum" is the first of the sorted keys.
  return `{"checksum":"${digestOf(content)}",${content.slice(1)}\n`;
}

/** Reads the text of a snapshot file. Throws PrivatelinkError (BAD_ANSWER) that says what is wrong with it, and the fix. */
export function parseSnapshot(text: string, { from, owner }: SnapshotOrigin): Snapshot {
  const { checksum, ...content } = parseEnvelope(text, from);
  if (content.version !== version) {
    const fix = 'let the same version of kong-privatelink write and read it';
    throw unusable(from, `has schema version ${content.version}, this version reads ${version}`, fix);
  }
  if (checksum !== checksumOfText(text) && checksum !== checksumOf(content)) {
    throw unusable(from, 'was changed or damaged: its checksum does not match its content', writeAgain);
  }
  if (content.owner !== owner) {
    const fix = `take the snapshot that owner ${owner} writes, or set owner to ${content.owner}`;
    throw unusable(from, `belongs to owner ${content.owner}, not to ${owner}`, fix);
  }
  const parsed = snapshotSchema.safeParse(content.snapshot);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unusable(from, `has a field that cannot be used (${issue?.path.join('.')}: ${issue?.message})`, writeAgain);
}

const writeAgain = 'write it again with kong-privatelink discover --out FILE';

function unusable(from: string, problem: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`${from}: the snapshot ${problem}; ${fix}`, { code: 'BAD_ANSWER', transient: false });
}

/** `looseObject`: the checksum is over all that the file holds. */
const envelopeSchema = z.looseObject({
  version: z.int(),
  owner: z.string(),
  checksum: z.string(),
  snapshot: z.unknown(),
});

function parseEnvelope(text: string, from: string): z.infer<typeof envelopeSchema> {
  const parsed = envelopeSchema.safeParse(parseJson(text, from));
  if (parsed.success) return parsed.data;
  const fix = 'name a file that kong-privatelink discover --out wrote, or a URL that serves one';
  throw unusable(from, 'is JSON of something else: it has no version, owner and checksum', fix);
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const isHtml = text.trimStart().startsWith('<');
    if (isHtml) throw unusable(from, 'is HTML: a proxy or a login page answered', 'correct the address, or the token');
    throw unusable(from, 'is not JSON, or was cut short', writeAgain);
  }
}

/** The checksum is the first key of a file that is as it was written: what follows is the content, and need not be put in order again. */
function checksumOfText(text: string): string {
  return digestOf(text.trimEnd().replace(/^\{"checksum":"[^"]*",/, '{'));
}

/** One parser for each field of a type, also for the optional ones: a field that is added to the model is not lost here. */
type Fields<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K]> };

const text = z.string().min(1);
const timeMs = z.number();
const state = z.string().transform(parseEndpointState);
const protocols: { readonly [P in Protocol]: P } = { http: 'http', https: 'https', grpc: 'grpc', grpcs: 'grpcs' };
const codes: { readonly [C in QuarantineCode]: C } = {
  'bad-tag': 'bad-tag',
  'missing-field': 'missing-field',
  'domain-not-allowed': 'domain-not-allowed',
  'service-not-allowed': 'service-not-allowed',
  'vpc-not-allowed': 'vpc-not-allowed',
  'path-not-allowed': 'path-not-allowed',
  'address-not-allowed': 'address-not-allowed',
  'path-conflict': 'path-conflict',
  disagreement: 'disagreement',
  'other-gateway': 'other-gateway',
};

const address = z.object({
  ip: z.string().refine((ip) => isIP(ip) !== 0, 'an IP address'),
  region: z.string(),
  zoneId: z.string().optional(),
} satisfies Fields<Address>);

const observed = z.object({ scopeId: text, atMs: timeMs } satisfies Fields<Observed>).optional();
const accountId = z
  .string()
  .regex(/^\d{12}$/)
  .optional();

const endpoint = z.object({
  id: text,
  scopeId: text,
  domain: z.string().regex(domainPattern),
  state,
  reason: z.string().optional(),
  createdAtMs: timeMs,
  serviceName: z.string().optional(),
  vpcId: z.string().optional(),
  protocol: z.enum(protocols),
  port: z.int().min(1).max(65_535),
  host: z.string().optional(),
  paths: z.array(z.string().startsWith('/')),
  grantedPaths: z.array(z.string()),
  weight: z.int().min(0).max(65_535),
  dnsNames: z.array(z.string()),
  addresses: z.array(address),
  observed,
} satisfies Fields<Endpoint>);

const quarantined = z.object({
  endpointId: text,
  scopeId: text,
  domain: z.string().optional(),
  state: state.optional(),
  code: z.enum(codes),
  reason: z.string(),
  fix: z.string(),
  observed,
} satisfies Fields<Quarantined>);

const discovered = z.object({ endpoints: z.array(endpoint), quarantined: z.array(quarantined) });

const lastGood = z.object({
  observedAtMs: timeMs,
  accountId,
  discovered,
  isRestored: z.boolean().optional(),
} satisfies Fields<LastGood>);

const scope = z.object({ id: text, source: text, account: text, region: text } satisfies Fields<Scope>);

const snapshotSchema = z.object({
  takenAtMs: timeMs,
  scopes: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('known'), scope, observedAtMs: timeMs, accountId, discovered }),
      z.object({
        status: z.literal('unknown'),
        scope,
        reason: z.string(),
        code: z.string(),
        lastGood: lastGood.optional(),
      }),
    ]),
  ),
  goneIds: z.array(z.string()).optional(),
  warnings: z.array(z.string()).optional(),
  // Findings are for who asked for them: they are in no file.
} satisfies Fields<Omit<Snapshot, 'findings'>>);
