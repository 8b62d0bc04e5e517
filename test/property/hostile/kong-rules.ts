/** What Kong 3.9's own schema refuses, written from its rules and from nothing of the product's. */

export type Written = { readonly kind: string; readonly fields: Fields; readonly tags: readonly unknown[] };

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;
/** Absent and null are no value: what is required says so by itself. */
type Rules = Readonly<Record<string, Check>>;

/** Each field that Kong would refuse, with its value. */
export function refusedByKong({ kind, fields, tags }: Written): readonly string[] {
  const rules = rulesOf[kind];
  if (!rules) return [`${kind} is no entity`];
  const refused = refusedFields(fields, rules, kind);
  const odd = tags.filter((tag) => !isTag(tag)).map((tag) => `${kind}.tags ${JSON.stringify(tag)}`);
  return [...refused, ...odd, ...(crossed[kind]?.(fields) ?? [])];
}

function refusedFields(fields: Fields, rules: Rules, at: string): readonly string[] {
  return Object.entries(rules).flatMap(([name, check]) => {
    const value = name.split('.').reduce<unknown>((one, key) => (one as Fields | undefined)?.[key], fields);
    return value === undefined || value === null || check(value) ? [] : [`${at}.${name} ${JSON.stringify(value)}`];
  });
}

const text =
  (check: (value: string) => boolean): Check =>
  (value) =>
    typeof value === 'string' && check(value);
const whole =
  (least: number, most: number): Check =>
  (value) =>
    isNumber(value, least, most) && Number.isInteger(value);
const number =
  (least: number, most: number): Check =>
  (value) =>
    isNumber(value, least, most);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const flag: Check = (value) => typeof value === 'boolean';

function isNumber(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/** Kong's tags are any UTF-8 but ASCII controls, comma and slash; Konnect adds the length. */
const isTag = text((tag) => isWellFormed(tag) && /^(?:(?![,/])\P{Cc}|[\u{80}-\u{9f}]){1,128}$/u.test(tag));
const isName = text((name) => isWellFormed(name) && /^[\w.~\u{80}-\u{10ffff}-]+$/u.test(name));

function isWellFormed(value: string): boolean {
  return Buffer.from(value).toString() === value;
}

/** What Kong takes a text for by its characters alone, whether it is a right one or not. */
function hostKind(host: string): 'ipv4' | 'ipv6' | 'name' {
  if (host.split(':').length > 2) return 'ipv6';
  return /^[\d.]+$/.test(host.replace(':', '')) ? 'ipv4' : 'name';
}

/** With a port, or without. */
function isHost(host: string): boolean {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(host) ?? [];
  if (hostKind(host) === 'ipv6') return /^[0-9a-f:.]+$/i.test(bracketed ?? host) && isPort(bracketed ? host : '');
  const name = host.replace(/:\d+$/, '');
  if (!isPort(host)) return false;
  if (hostKind(host) === 'ipv4')
    return /^(\d{1,3}\.){3}\d{1,3}$/.test(name) && name.split('.').every((part) => Number(part) < 256);
  // A trailing dot is one.
  return (
    /^[\w.-]+$/.test(name) &&
    name
      .replace(/\.$/, '')
      .split('.')
      .every((part) => part !== '' && !part.endsWith('-'))
  );
}

function isPort(host: string): boolean {
  return Number(/:(\d+)$/.exec(host)?.[1] ?? 0) <= 65_535;
}

const hasPort = (host: string) => hostKind(host) !== 'ipv6' && host.includes(':');
const isBareHost = text((host) => isHost(host) && !hasPort(host));
const isBareName = text((host) => isHost(host) && !hasPort(host) && hostKind(host) === 'name');
const isAddress = text((target) => isHost(target) && /:\d+$/.test(target) && !target.endsWith(':0'));

function isPlainPath(path: string): boolean {
  return /^\/[\w.~/%:@!$&'()*+,;=-]*$/.test(path) && !path.includes('//') && !/%(?![0-9a-f]{2})/i.test(path);
}

function isRoutePath(path: string): boolean {
  if (path.includes('//') || /%(?![0-9a-f]{2})/i.test(path)) return false;
  // What is no regular expression must be in its normal form: no dot segments.
  if (!path.startsWith('~')) return isPlainPath(path) && !/\/\.{1,2}(\/|$)/.test(path);
  return path.startsWith('~/') && isExpression(path.slice(1));
}

function isExpression(source: string): boolean {
  try {
    return Boolean(new RegExp(source));
  } catch {
    return false;
  }
}

const seconds = number(0, 65_535);
const counter = whole(0, 255);
const statuses = listOf(whole(100, 999));
const checkTypes = oneOf('tcp', 'http', 'https', 'grpc', 'grpcs');
const protocols = ['http', 'https', 'grpc', 'grpcs'];
const timeout = whole(1, 2 ** 31 - 2);

const rulesOf: Readonly<Record<string, Rules>> = {
  upstream: {
    name: isBareName,
    algorithm: oneOf('consistent-hashing', 'least-connections', 'round-robin', 'latency'),
    slots: whole(10, 65_536),
    host_header: text(isHost),
    'healthchecks.threshold': number(0, 100),
    'healthchecks.active.type': checkTypes,
    'healthchecks.active.timeout': seconds,
    'healthchecks.active.concurrency': whole(1, 2 ** 31),
    'healthchecks.active.http_path': text(isPlainPath),
    'healthchecks.active.https_sni': isBareName,
    'healthchecks.active.https_verify_certificate': flag,
    'healthchecks.active.healthy.interval': seconds,
    'healthchecks.active.healthy.successes': counter,
    'healthchecks.active.healthy.http_statuses': statuses,
    'healthchecks.active.unhealthy.interval': seconds,
    'healthchecks.active.unhealthy.http_failures': counter,
    'healthchecks.active.unhealthy.tcp_failures': counter,
    'healthchecks.active.unhealthy.timeouts': counter,
    'healthchecks.passive.unhealthy.http_failures': counter,
  },
  target: { target: isAddress, weight: whole(0, 65_535), failover: flag },
  service: {
    name: isName,
    protocol: oneOf(...protocols),
    host: isBareHost,
    port: whole(1, 65_535),
    path: text(isPlainPath),
    connect_timeout: timeout,
    write_timeout: timeout,
    read_timeout: timeout,
    retries: whole(0, 32_767),
    enabled: flag,
    tls_verify: flag,
  },
  route: {
    name: isName,
    protocols: (value) => Array.isArray(value) && value.length > 0 && listOf(oneOf(...protocols))(value),
    paths: (value) => Array.isArray(value) && value.length > 0 && listOf(text(isRoutePath))(value),
    strip_path: flag,
    preserve_host: flag,
    https_redirect_status_code: oneOf(426, 301, 302, 307, 308),
    regex_priority: whole(0, 2 ** 31),
    path_handling: oneOf('v0', 'v1'),
  },
  plugin: { name: text((name) => name !== ''), enabled: flag, config: (value) => typeof value === 'object' },
};

/** What Kong demands, and refuses of two fields together. */
const crossed: Readonly<Record<string, (fields: Fields) => readonly string[]>> = {
  upstream: ({ name }) => required('upstream.name', name),
  target: ({ target }) => required('target.target', target),
  service: ({ host, protocol, tls_verify: verify }) => [
    ...required('service.host', host),
    ...(protocol !== 'https' && typeof verify === 'boolean' ? [`service.tls_verify with ${protocol}`] : []),
  ],
  route: ({ protocols: spoken, strip_path: strips }) => {
    const isGrpc = Array.isArray(spoken) && spoken.some((one) => String(one).startsWith('grpc'));
    return isGrpc && strips === true ? ['route.strip_path with gRPC'] : [];
  },
  plugin: ({ name }) => required('plugin.name', name),
};

function required(name: string, value: unknown): readonly string[] {
  return value === undefined || value === null ? [`${name} is absent`] : [];
}
