import { z } from 'zod';
import { formatAddress } from '#core/addresses/targets';
import { upstreamName } from '#core/names';
import { nameInParent } from '#deck/keys';
import type { AdoptableView } from '#sync/adopt/told/view';

const entity = z.record(z.string(), z.json());
const change = z.object({
  kind: z.string(),
  body: z.object({ old: entity.nullish(), new: entity }),
});
const changes = z
  .array(change)
  .nullish()
  .transform((list) => list ?? []);
const report = z.object({
  changes: z.object({ creating: changes, updating: changes, deleting: changes }),
  errors: z.array(z.string()).max(0),
});

/**
 * What `gateway diff` is run with for `linesOfDiff`. decK's workers append to one list without a
 * lock, so that two of them can lose a change from the output (`Solve` in pkg/diff/diff.go of
 * go-database-reconciler 1.42): one worker keeps them all.
 */
export const flagsOfDiff: readonly string[] = ['--json-output', '--parallelism', '1'];

/**
 * decK's differences (`gateway diff --json-output` of an earlier dump), one in each line, sorted:
 * `lost target a:80`, `new target b:80`, `service orders: host tags`. Entities without a name
 * appear by their ids.
 */
export function linesOfDiff(out: string): readonly string[] {
  const { creating, updating, deleting } = report.parse(JSON.parse(out)).changes;
  return [
    ...creating.map(({ kind, body }) => `lost ${kind} ${nameOfBody(body.new)}`),
    ...deleting.map(({ kind, body }) => `new ${kind} ${nameOfBody(body.new)}`),
    ...updating.map(
      ({ kind, body }) => `${kind} ${nameOfBody(body.new)}: ${fieldsThatDiffer(body.old ?? {}, body.new)}`,
    ),
  ].sort();
}

function nameOfBody({ name, target, id }: z.infer<typeof entity>): string {
  return String(name ?? target ?? id);
}

function fieldsThatDiffer(a: z.infer<typeof entity>, b: z.infer<typeof entity>): string {
  const text = (value: unknown) => JSON.stringify(value ?? null);
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  // decK writes them for no route with an expression, and Konnect fills them in.
  const unsaid = b.expression ? ['path_handling', 'regex_priority'] : [];
  return fields
    .filter((field) => !unsaid.includes(field))
    .filter((field) => text(a[field]) !== text(b[field]))
    .sort()
    .join(' ');
}

type Adopted = {
  readonly adoptable: AdoptableView;
  /** Of the service. */
  readonly port: number;
  /** The addresses that the source takes; absent: of both families. */
  readonly families?: readonly string[];
};

/**
 * The allowed differences after an adoption, in the same words: tags, the upstream with its
 * targets, and the service's `host`.
 */
export function linesOfAdoption(adopted: Adopted): readonly string[] {
  const { domain, service, upstream, routes } = adopted.adoptable;
  return [
    `service ${service.key}: ${upstream ? 'tags' : 'host tags'}`,
    ...routes.map(({ key }) => `route ${nameInParent(key)}: tags`),
    ...(upstream
      ? [`upstream ${upstream.key}: ${fieldsOfUpstream(adopted)}`]
      : [`new upstream ${upstreamName(domain)}`]),
    ...linesOfTargets(adopted),
  ].sort();
}

/** `host_header` where the report says so. */
function fieldsOfUpstream({ adoptable: { changes, upstream } }: Adopted): string {
  return changes.some((one) => one.startsWith(`upstream ${upstream?.key} host_header:`)) ? 'host_header tags' : 'tags';
}

/** Addresses replace names. An address that was already there stays the same target. */
function linesOfTargets({ adoptable, port, families }: Adopted): readonly string[] {
  const { endpoints, targets, upstream, differences } = adoptable;
  const ips = endpoints.flatMap(({ addresses }) => addresses).map(({ ip }) => ip);
  const taken = ips.filter((ip) => !families || families.includes(ip.includes(':') ? 'ipv6' : 'ipv4'));
  const ports = new Set(targets.map(({ key }) => Number(/\d+$/.exec(key)?.[0])));
  const wanted = (upstream ? [...ports] : [port]).flatMap((one) => taken.map((ip) => formatAddress({ ip, port: one })));
  const held = new Set(targets.map(({ key }) => nameInParent(key)));
  const weighed = new Set(differences.flatMap(({ entity, field }) => (field === 'weight' ? entity : [])));
  return [
    ...wanted.filter((one) => !held.has(one)).map((one) => `new target ${one}`),
    ...targets.map(({ key }) => {
      const name = nameInParent(key);
      if (!wanted.includes(name)) return `lost target ${name}`;
      return `target ${name}: ${weighed.has(`target:${key}`) ? 'tags weight' : 'tags'}`;
    }),
  ];
}
