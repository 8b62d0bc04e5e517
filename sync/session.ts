import type { Clock } from '../core/clock';
import type { Config } from '../discovery/config';
import { assertBuilt, type DataPlaneConfig, loadConfig, loadDataPlaneConfig } from '../discovery/config-file';
import { createDiscoverer } from '../discovery/discover';
import { createSources } from '../discovery/sources';
import { createAbsenceStore } from './absence-store';
import { connectKonnect } from './konnect/control-plane';
import { createProgress, type Terminal } from './output/terminal';
import type { PassDependencies } from './run-once';
import { systemClock } from './system-clock';

export type SessionOptions = { readonly config?: string; readonly terminal: Terminal; readonly clock?: Clock };

/** Reads the configuration and refuses what it asks for that is not built. Throws PrivatelinkError. */
export function openConfig({ config, terminal }: SessionOptions): Config {
  const loaded = loadConfig({ path: config, env: terminal.env });
  assertBuilt(loaded);
  return loaded;
}

/** Reads what discovery alone needs, so that nobody has to have a token of the control plane to look at AWS. */
export function openSources({ config, terminal }: SessionOptions): DataPlaneConfig {
  return loadDataPlaneConfig({ path: config, env: terminal.env });
}

/** Everything that discovery needs, from the configuration. */
export function openDiscovery(config: DataPlaneConfig, clock: Clock) {
  return createDiscoverer(createSources(config), { clock });
}

/** Everything that one pass needs, from the configuration. */
export function openSession(options: SessionOptions): PassDependencies & { readonly config: Config } {
  const config = openConfig(options);
  const clock = options.clock ?? systemClock;
  const { controlPlane } = config;
  if (controlPlane.type !== 'konnect') throw new Error(`controlPlane.type ${controlPlane.type} passed assertBuilt`);
  const discoverer = openDiscovery(config, clock);
  const progress = createProgress(options.terminal, clock.now);
  let applied = 0;
  return {
    config,
    clock,
    owner: config.owner,
    settings: config.domains,
    policy: config.policy,
    concurrency: controlPlane.concurrency,
    discover: discoverer.discover,
    controlPlane: connectKonnect(controlPlane, config.owner),
    absenceStore: createAbsenceStore(config.stateDir, config.owner),
    onApplied: (_, total) => {
      applied += 1;
      progress(applied, total, 'changes tried');
    },
  };
}
