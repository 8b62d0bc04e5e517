import type { Config } from '#config/schema';
import type { Check, ListedCheck } from './check';
import { checkContracts } from './contracts-checks';
import {
  backendChecks,
  checkBaseFiles,
  checkConfiguredPlugins,
  checkControlPlane,
  checkPlan,
} from './control-plane-checks';
import { checkEndpoints, checkNetworks, checkScopes } from './discovery-checks';
import { checkPublications, checkStateDir, checkWatchAddress } from './machine-checks';
import { checkNames } from './resolver-checks';
import { checkGatesNow, checkOrder } from './rollout-checks';

/**
 * Returns the checks of `doctor` in their order: causes before effects. The first stage also runs
 * the shared checks.
 */
export function checksOf(config: Config, isFirst: boolean): readonly Check[] {
  return [...(isFirst ? sharedChecks : []), ...ownChecks(config), ...(isFirst ? lastChecks : [])];
}

const sharedChecks: readonly ListedCheck[] = [
  { name: 'state directory', run: checkStateDir, isAdvisory: true },
  { name: 'watch address', run: checkWatchAddress, isAdvisory: true },
  { name: 'base files', run: checkBaseFiles },
  { name: 'scope', run: checkScopes },
  { name: 'endpoints', run: checkEndpoints },
  { name: 'networks', run: checkNetworks, isAdvisory: true },
  { name: 'contracts', run: checkContracts },
];

const lastChecks: readonly ListedCheck[] = [
  { name: 'resolver', run: checkNames, isAdvisory: true },
  { name: 'publish', run: checkPublications },
  { name: 'rollout order', run: checkOrder },
];

function ownChecks(config: Config): readonly Check[] {
  const own: readonly ListedCheck[] = [
    { name: 'control plane', run: checkControlPlane },
    ...backendChecks(config),
    { name: 'plugins', run: checkConfiguredPlugins },
    { name: 'plan', run: checkPlan },
    { name: 'rollout', run: checkGatesNow, isAdvisory: true },
  ];
  return config.stage === undefined ? own : own.map((one) => ({ ...one, name: `${one.name} (${config.stage})` }));
}
