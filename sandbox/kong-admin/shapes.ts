import { z } from 'zod';
import type { JsonObject } from '#core/model';
import { Refusal } from '../konnect/refusal';
import type { KindPath } from '../konnect/schemas';
import type { StoredEntity } from '../konnect/table';

/**
 * Differences of Kong's own Admin API (3.9) from Konnect's: nulls, unknown fields, and refusals.
 */

const absent: Readonly<Record<KindPath, readonly string[]>> = {
  services: ['path', 'tls_verify', 'tls_verify_depth', 'ca_certificates', 'client_certificate', 'tags'],
  routes: ['name', 'hosts', 'methods', 'headers', 'snis', 'sources', 'destinations', 'service', 'tags'],
  upstreams: [
    ...['hash_on_header', 'hash_fallback_header', 'hash_on_cookie', 'hash_on_query_arg', 'hash_fallback_query_arg'],
    ...['hash_on_uri_capture', 'hash_fallback_uri_capture', 'host_header', 'client_certificate', 'tags'],
  ],
  targets: ['tags'],
  plugins: ['instance_name', 'service', 'route', 'consumer', 'consumer_group', 'tags'],
  consumers: ['username', 'custom_id', 'tags'],
};

/** Fields that Konnect has and Kong without a licence has not. */
const unknown: Readonly<Partial<Record<KindPath, readonly string[]>>> = {
  targets: ['failover'],
  upstreams: ['sticky_sessions_cookie', 'sticky_sessions_cookie_path'],
  services: ['tls_sans'],
  plugins: ['condition', 'ordering'],
};

/** The entity as Kong answers it. */
export function shown(kind: KindPath, entity: StoredEntity): JsonObject {
  const nulls = Object.fromEntries((absent[kind] ?? []).map((field) => [field, null]));
  const known = Object.entries(entity).filter(([field]) => !unknown[kind]?.includes(field));
  return { ...nulls, ...Object.fromEntries(known) };
}

/** Throws the Refusal of a body that has a field which Kong does not know. */
export function refuseUnknown(kind: KindPath, body: JsonObject): void {
  const field = unknown[kind]?.find((one) => one in body);
  if (field) throw violation(`${field}: unknown field`);
}

const details = z.object({
  details: z.array(z.object({ type: z.string(), field: z.string().optional(), messages: z.array(z.string()) })),
});

/** Rewrites Konnect's refusal in Kong's words and statuses. */
export function asKong({ status, body }: Refusal): Refusal {
  const parsed = details.safeParse(body);
  if (!parsed.success) return kongRefusal(status, 'Not found');
  const said = parsed.data.details.map(({ field, messages }) =>
    [field, messages.join(', ')].filter(Boolean).join(': '),
  );
  const isUnique = said.some((text) => text.includes('(type: unique)'));
  return isUnique
    ? kongRefusal(409, `UNIQUE violation detected on '${said.join('; ')}'`, 5)
    : violation(said.join('; '));
}

/** The answer, or the Refusal in Kong's words. */
export function inKongsWords<T>(answer: () => T): T {
  try {
    return answer();
  } catch (thrown) {
    throw thrown instanceof Refusal ? asKong(thrown) : thrown;
  }
}

/** `code` is Kong's own number of the error. */
export function kongRefusal(status: number, message: string, code?: number): Refusal {
  return new Refusal(status, { message, ...(code !== undefined && { code }) });
}

function violation(said: string): Refusal {
  return kongRefusal(400, `schema violation (${said})`, 2);
}
