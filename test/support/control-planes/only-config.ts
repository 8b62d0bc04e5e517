import type { Config } from '#config/schema';
import { configOf, type StagedConfig } from '#config/stages';
import { PrivatelinkError } from '#core/errors';

/** The configuration of the only control plane. Throws PrivatelinkError where there are several. */
export function onlyConfig(staged: StagedConfig): Config {
  const [entry, ...more] = staged.entries;
  if (entry && more.length === 0 && !('select' in entry)) return configOf(staged, entry);
  throw new PrivatelinkError('controlPlanes: several control planes are more than this takes', {
    code: 'CONFIG_INVALID',
    fix: 'use a configuration with one controlPlane',
  });
}
