import { type DataPlaneConfig, loadConfig, loadDataPlaneConfig } from '#config/file';
import type { Config } from '#config/schema';
import { type StagedConfig, saidOfStage } from '#config/stages';
import { pluginName, zonePluginName } from '#core/names';
import type { Clock } from '#core/timing/clock';
import { hasZoneUpstreams } from '#deck/affinity';
import type { Document } from '#deck/document';
import { type Base, checkBase } from '#deck/file/base';
import { warnOfUnbounded } from '#deck/file/base-paths';
import { viaOf } from '#deck/via';
import { allowOf } from '#discovery/admission/allow';
import { type AwsAccess, createAwsAccess } from '#discovery/aws/access';
import { createConfirmGone } from '#discovery/confirm-gone';
import { createDiscoverer } from '#discovery/discover';
import { type LastGoodStore, readOnly } from '#discovery/snapshot/last-good';
import { openLastGoodStore } from '#discovery/snapshot/last-good-files';
import { createSources } from '#discovery/sources';
import { systemClock } from '#io/clock';
import { createProgress, type Terminal, withElapsed } from '#io/terminal';
import { type Contracts, openServices } from '../contracts/open';
import { backendOf } from '../control-planes/backends';
import { type ControlPlane, writesBase } from '../control-planes/control-plane';
import { describePlane } from '../control-planes/plane-identity';
import type { OwnAccounts } from '../plan/accounts';
import { parseAllowRemovals } from '../plan/removals/policy';
import { openPublications } from '../publish/open-publications';
import { createAbsenceStore } from './absences/store';
import type { AbsenceStore, PassDependencies } from './plan-once';
import { readBase } from './read-base';

export type SessionOptions = {
  readonly config?: string;
  readonly terminal: Terminal;
  readonly clock?: Clock;
  /** The text of `--allow-removals`. */
  readonly allowRemovals?: string;
  /** Writes nothing to `stateDir`. */
  readonly isReadOnly?: boolean;
  /**
   * Reads the configuration and base files. Default: from the file system; a pipe can be read only
   * once.
   */
  readonly read?: (path: string) => string;
  /** As in LoadOptions. */
  readonly isFirstIncludeNew?: boolean;
};

/** Reads the whole configuration. Throws PrivatelinkError. */
export function openConfig({ config, terminal, read, isFirstIncludeNew }: SessionOptions): StagedConfig {
  return loadConfig({ path: config, env: terminal.env, read, isFirstIncludeNew });
}

/**
 * Reads only the configuration of discovery, so that looking at AWS needs no token of the control
 * plane.
 */
export function openSources({ config, terminal }: SessionOptions): DataPlaneConfig {
  return loadDataPlaneConfig({ path: config, env: terminal.env });
}

/** Opens discovery from the configuration. */
export function openDiscovery(config: DataPlaneConfig, aws: AwsAccess, lastGoodStore?: LastGoodStore) {
  const { clock } = aws;
  const sources = createSources(config, { clock, aws });
  const discoverer = createDiscoverer(sources, { clock, lastGoodStore, ...config.discovery });
  return {
    ...discoverer,
    confirmGone: createConfirmGone(sources, config.discovery),
    scopeIds: sources.flatMap((source) => source.scopes().map(({ scope }) => scope.id)),
  };
}

/** The parts that all control planes of a configuration share. */
export type Ground = {
  readonly config: StagedConfig;
  readonly base: Base;
  readonly aws: AwsAccess;
  readonly discovery: ReturnType<typeof openDiscovery>;
  readonly contracts: Contracts | undefined;
  readonly options: SessionOptions & { readonly clock: Clock };
};

/** Reads the configuration and its base files. Throws PrivatelinkError. */
export function openGround(options: SessionOptions): Ground {
  const config = openConfig(options);
  const { clock = systemClock, read } = options;
  const aws = createAwsAccess(clock);
  const own = { ...options, clock };
  const base = readBase(config.deck.base, read);
  const discovery = openDiscovery(config, aws, lastGoodStoreOf(config, own));
  const { isReadOnly } = own;
  return { config, base, aws, options: own, discovery, contracts: openServices(config, { aws, isReadOnly }) };
}

/** Everything that one pass over one control plane needs, with its configuration. */
export type Session = PassDependencies & {
  readonly config: Config;
  readonly base: Base;
  readonly scopeIds: readonly string[];
  /** The control plane, as messages name it. */
  readonly place: string;
  /**
   * Lets the next pass reuse the discovery of this failed pass. Absent: each pass discovers again.
   */
  readonly keepRound?: () => void;
  /** Connects the same control plane with other base files. */
  readonly withBase: (base: Base) => Pick<PassDependencies, 'base' | 'controlPlane' | 'checkOutcome'>;
};

/** Opens everything that one pass over this control plane needs. */
export function openSession({ base, aws, discovery, contracts, options }: Ground, config: Config): Session {
  const { clock, terminal, allowRemovals } = options;
  const backend = backendOf(config.controlPlane);
  const connect = (base: Base) => {
    const controlPlane = backend.connect(config.owner, { base, env: terminal.env });
    const isChecked = base.files.length > 0 && writesBase(controlPlane);
    return {
      base,
      controlPlane,
      checkOutcome: isChecked ? (outcome: Document) => checkBase(base, outcome) : undefined,
    };
  };
  const connected = connect(base);
  const progress = createProgress(terminal, clock.monotonicMs);
  let applied = 0;
  return {
    config,
    ...connected,
    // A connection remembers what it read until it writes, so it is reused.
    withBase: (other) => (other === base ? connected : connect(other)),
    scopeIds: discovery.scopeIds,
    place: describePlane(backend.identity),
    warnings: warningsOf(config, connected),
    clock,
    owner: config.owner,
    settings: config.domains,
    affinity: config.affinity,
    via: { via: config.via, suffix: config.resolver.suffix },
    allowed: new Map(config.sources.map((source) => [source.name, allowOf(source).addresses ?? []])),
    protect: config.protect,
    policy: { ...config.policy, allowRemovals: parseAllowRemovals(allowRemovals) },
    concurrency: backend.concurrency,
    mostOfKind: backend.mostOfKind,
    during: (what, work) => withElapsed(terminal, what, work),
    discover: discovery.discover,
    confirmGone: discovery.confirmGone,
    settle: discovery.settle,
    ownAccounts: ownAccountsOf(config),
    absenceStore: absenceStoreOf(config, options),
    publications: openPublications(config, aws),
    contracts,
    onApplied: (_, total) => {
      applied += 1;
      progress(applied, total, 'changes tried');
    },
  };
}

function ownAccountsOf({ sources }: Config): OwnAccounts {
  return Object.fromEntries(sources.map((one) => [one.name, 'ownAccount' in one ? one.ownAccount : undefined]));
}

type Connected = { readonly base: Base; readonly controlPlane: ControlPlane };

function warningsOf(config: Config, connected: Connected): readonly string[] {
  const all = [
    ...warnOfTrust(config.controlPlane),
    ...warnOfBase(config, connected),
    ...warnOfUnfilled(config),
    ...warnOfZonePlugin(config),
  ];
  return all.map((one) => saidOfStage(config.stage, one));
}

/** The warning comes in every pass, so that the setting is not forgotten after a trial. */
function warnOfTrust(plane: Config['controlPlane']): readonly string[] {
  if (!('tls' in plane && plane.tls && 'skipVerify' in plane.tls && plane.tls.skipVerify)) return [];
  const fix = 'name the authority of the server in controlPlane.tls.ca instead';
  return [
    `controlPlane.tls.skipVerify trusts any server that answers at ${plane.address}, and sends it the token: ${fix}`,
  ];
}

/**
 * Some backends write only generated entities, not base files (docs/decisions/0018-base-files.md).
 */
function warnOfBase(config: Config, { base, controlPlane }: Connected): readonly string[] {
  if (base.files.length === 0) return [];
  const unbounded = warnOfUnbounded(base);
  const command = 'kong-privatelink render -o kong.yaml && deck gateway sync kong.yaml';
  const unwritten = `sync does not write deck.base with controlPlane.type ${config.controlPlane.type}: run ${command}`;
  return [...(writesBase(controlPlane) ? [] : [unwritten]), ...(unbounded ? [unbounded] : [])];
}

/** decK fills in templates when people run it on a rendered file; these backends do not (fm-58). */
function warnOfUnfilled({ domains, controlPlane: { type } }: Config): readonly string[] {
  const named = Object.entries(domains).flatMap(([domain, { plugins = [] }]) =>
    JSON.stringify(plugins).includes('${{') ? [`domains.${domain}.plugins`] : [],
  );
  if (type === 'file' || named.length === 0) return [];
  const instead = `write \${VARIABLE} for a variable of the environment, name a vault, or run decK on the output of render`;
  const why = `sync with controlPlane.type ${type} does not fill in a template (\${{ … }}), and may write it as it stands`;
  return [`${named.join(', ')}: ${why}: ${instead}`];
}

/**
 * The zone plugin chooses between upstreams of zones. It needs such upstreams, and must be the only
 * plugin that chooses.
 */
function warnOfZonePlugin({ domains, affinity, via }: Config): readonly string[] {
  const zoned = Object.entries(domains).filter(([, { plugins = [] }]) => plugins.some(isNamed(zonePluginName)));
  const nameOf = ([domain]: (typeof zoned)[number]) => `domains.${domain}.plugins`;
  const idle = zoned
    .filter(([, settings]) => !hasZoneUpstreams(affinity, { hasAddresses: viaOf(settings, via) === 'addresses' }))
    .map(nameOf);
  const both = zoned.filter(([, { plugins = [] }]) => plugins.some(isNamed(pluginName))).map(nameOf);
  const why = `${zonePluginName} is left out, since no zone has an upstream that the plugin could choose`;
  const fix = 'set affinity to weighted or failover (and via to addresses), or remove the plugin';
  return [
    ...(idle.length > 0 ? [`${idle.join(', ')}: ${why}: ${fix}`] : []),
    ...(both.length > 0
      ? [`${both.join(', ')}: ${pluginName} and ${zonePluginName} both choose where a request goes: remove one`]
      : []),
  ];
}

function isNamed(wanted: string) {
  return ({ name }: { readonly name: string }) => name === wanted;
}

/** Opens the store of absences for this configuration. */
export function absenceStoreOf(config: Config, { clock = systemClock }: Pick<SessionOptions, 'clock'>): AbsenceStore {
  return createAbsenceStore({ ...config, controlPlane: backendOf(config.controlPlane).identity }, clock);
}

/** Opens the store of last good for this configuration. */
export function lastGoodStoreOf(
  config: Pick<Config, 'owner' | 'stateDir' | 'sources'>,
  { isReadOnly, clock = systemClock }: SessionOptions,
): LastGoodStore {
  const store = openLastGoodStore(config, clock);
  return isReadOnly ? readOnly(store) : store;
}
