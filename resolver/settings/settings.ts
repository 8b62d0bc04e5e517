import { configPath, loadDataPlaneConfig } from '#config/file';
import { type ResolverConfig, resolver as resolverSchema } from '#config/resolver';
import { misfitOf, PrivatelinkError } from '#core/errors';
import { isZoneName, zoneNameFix } from '#core/zones';
import { type ProbeSettings, probeOf } from '#data-plane/probes/probe-settings';
import type { ResolverOptions } from '../options';

/** The settings of the resolver: the configuration, overridden by the command line. */
export type ResolverSettings = Omit<ResolverConfig, 'probe'> & {
  readonly probe: ProbeSettings;
  /** Absolute path of the configuration file. */
  readonly file: string;
  /** Names of others are forwarded. */
  readonly isForwarding: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings. Throws PrivatelinkError for an invalid one. */
export function readSettings(options: ResolverOptions, env: Environment): ResolverSettings {
  const { listen, suffix, zoneId } = options;
  const { resolver } = loadDataPlaneConfig({ path: options.config, env });
  const given = { ...(listen !== undefined && { listen }), ...(suffix !== undefined && { suffix }) };
  const { data, error } = resolverSchema.safeParse({ ...resolver, ...given });
  if (!data) throw wrongOption(`--${misfitOf(error, 'resolver')}`, 'give the option such a value');
  if (zoneId !== undefined && isZoneName(zoneId)) throw wrongOption(`--zone-id is ${zoneId}`, zoneNameFix);
  const isForwarding = options.forward !== false && data.forward?.length !== 0;
  const file = configPath({ path: options.config, env });
  return { ...data, file, isForwarding, probe: probeForTiers(data) };
}

function wrongOption(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix });
}

/** Without zones there is no choice for probes to make. */
function probeForTiers({ probe: { type, ...probe }, affinity }: ResolverConfig): ProbeSettings {
  return { ...probeOf({ ...probe, kind: affinity === 'none' ? 'none' : type }), isForTiers: true };
}
