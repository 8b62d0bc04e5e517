import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { configSchema } from '../schema';
import type { StagedConfig } from '../stages';

const { domains, protect } = configSchema.shape;

/** The keys of an included file: those that people and commands add domain by domain. */
export const includedSchema = z.strictObject({ domains, protect });

type Part = Pick<StagedConfig, 'domains' | 'protect'> & { readonly file: string };

/**
 * Merges the included files into the configuration. Throws PrivatelinkError (CONFIG_INVALID) where
 * two files have one key.
 */
export function withIncluded({ file, ...config }: StagedConfig & Part, included: readonly Part[]): StagedConfig {
  const parts = [{ ...config, file }, ...included];
  return {
    ...config,
    domains: parts.reduce<StagedConfig['domains']>((before, part) => withDomains(before, part, parts), {}),
    protect: [...new Set(parts.flatMap((part) => part.protect))],
  };
}

function withDomains(before: StagedConfig['domains'], part: Part, parts: readonly Part[]): StagedConfig['domains'] {
  const added = Object.entries(part.domains).map(([domain, settings]) => {
    const own = before[domain] ?? {};
    const twice = Object.keys(settings).find((key) => key in own);
    if (twice !== undefined) throw saidTwice(`domains.${domain}.${twice}`, domain, part, parts);
    return [domain, { ...own, ...settings }] as const;
  });
  return { ...before, ...Object.fromEntries(added) };
}

function saidTwice(path: string, domain: string, { file }: Part, parts: readonly Part[]): PrivatelinkError {
  const key = path.slice(path.lastIndexOf('.') + 1);
  const other = parts.find((one) => one.file !== file && key in (one.domains[domain] ?? {}))?.file ?? file;
  const fix = 'remove it from one of the two';
  return new PrivatelinkError(`${path} stands in ${other} and in ${file}`, { code: 'CONFIG_INVALID', fix });
}
