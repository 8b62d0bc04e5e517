import { PrivatelinkError } from '#core/errors';
import { nearest } from '#core/misfits/nearest';
import { domainPattern } from '#core/names';
import type { HeldEntity } from '#deck/document';

/** Chosen and taken names of domains. */
export type Naming = {
  /** Chosen by people; key: the name of the service. */
  readonly names: ReadonlyMap<string, string>;
  /** Names of generated domains. */
  readonly taken: ReadonlySet<string>;
};

/** The longest DNS label. */
const maxLabel = 63;

/** Makes a domain's name from the name of a service, and avoids `taken`. */
export function domainNamed({ key, id, fields }: HeldEntity, taken: ReadonlySet<string>): string {
  const name = typeof fields.name === 'string' ? key : '';
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxLabel)
    .replace(/^-+|-+$/g, '');
  const base = label || `service-${id.slice(0, 8)}`;
  for (let count = 2, one = base; ; count += 1) {
    if (!taken.has(one)) return one;
    one = `${base.slice(0, maxLabel - String(count).length - 1)}-${count}`;
  }
}

/** Reads the values of `--domain`, `SERVICE=DOMAIN`. Throws PrivatelinkError (CONFIG_INVALID). */
export function parseDomainNames(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((one) => {
      const at = one.lastIndexOf('=');
      const domain = one.slice(at + 1);
      if (at > 0 && domainPattern.test(domain)) return [one.slice(0, at), domain];
      throw new PrivatelinkError(`--domain ${one}: not of the form SERVICE=DOMAIN`, {
        code: 'CONFIG_INVALID',
        fix: 'name a service, and a domain of lowercase letters, digits and dashes, at most 63: --domain orders-service=orders',
      });
    }),
  );
}

/** Throws PrivatelinkError (CONFIG_INVALID) when `--domain` names a service that does not exist. */
export function checkNamed(names: ReadonlyMap<string, string>, services: readonly HeldEntity[]): void {
  const keys = services.map(({ key }) => key);
  for (const name of names.keys()) {
    if (keys.includes(name)) continue;
    const near = nearest(name, keys);
    throw new PrivatelinkError(`--domain ${name}=${names.get(name)}: there is no service ${name}`, {
      code: 'CONFIG_INVALID',
      fix: near === undefined ? 'name a service that the control plane holds' : `did you mean ${near}?`,
    });
  }
}
