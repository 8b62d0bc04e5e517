import type { SnapshotConfig } from '#config/schema';
import { dispositionOf, parseEndpointState } from '#core/endpoint-states';
import { PrivatelinkError } from '#core/errors';
import type { Clocks } from '#core/timing/clock';
import { type AccountScope, accountScopes } from '#discovery/aws/accounts';
import { tellAccount } from '#discovery/aws/caller';
import type { Ec2Reader, InterfaceItem, VpcEndpointItem } from '#discovery/aws/readers/endpoints';
import { createDiscoverer } from '#discovery/discover';
import { createSnapshotSource } from '#discovery/providers/snapshot';
import { createVpcEndpointsSource } from '#discovery/providers/vpc-endpoints';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import type { Source } from '#discovery/source';
import { rememberWorld } from '#sandbox/aws/world/past-world';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { vpcEndpointsConfig } from '../support/aws/vpc-endpoints';
import type { AwsFault, Step } from './history';

const regions = ['us-east-1', 'us-west-2'];
const account = '222222222222';
const selfAccount = '111111111111';
const strangerAccount = '444444444444';

const configs = [
  vpcEndpointsConfig({ name: 'hub', accounts: [{ roleArn: `arn:aws:iam::${account}:role/reader` }], regions }),
  vpcEndpointsConfig({ name: 'own', regions: ['eu-west-1'] }),
];

const relayConfig: SnapshotConfig = { type: 'snapshot', name: 'relay', file: 'past.json', allow: {} };

const scopes = configs.flatMap(accountScopes);

/** The sandbox's AWS, with sources that read it without a network. */
export type SimulatedAws = {
  readonly world: AwsWorld;
  /** Faults by index of the scope; the other scopes answer. */
  setFaults(faults: readonly AwsFault[]): void;
  /** The sources of a new process. */
  openSources(clock: Clocks): readonly Source[];
  /** Executes the step. A step that AWS refuses has no effect. */
  take(step: Step): void;
};

/** An AWS of three scopes. The process's own credentials read one of them. */
export function createAws(now: () => number): SimulatedAws {
  const world = createWorld({ now, transitionMs: 15_000, deletedListedMs: 120_000 });
  const services = scopes.map((scope) => ({
    open: world.createService({ ...placeOf(scope), acceptanceRequired: false }).name,
    closed: world.createService({ ...placeOf(scope), acceptanceRequired: true }).name,
  }));
  let past = rememberWorld(world);
  let pastMs = now();
  const remember = () => {
    past = rememberWorld(world);
    pastMs = now();
  };
  let faults: readonly AwsFault[] = [];
  const faultOf = ({ id }: AccountScope) => faults[scopes.findIndex((one) => one.id === id)] ?? 'none';

  function sourcesOver(read: () => AwsWorld, fault: (scope: AccountScope) => AwsFault): readonly Source[] {
    const readersOf = (scope: AccountScope) => ({
      reader: createReader({ scope, world: read(), past: () => past, fault: () => fault(scope) }),
      readZoneIds: async () => new Map<string, string>(),
    });
    return configs.map((config) => {
      const source = createVpcEndpointsSource(config, { owner: 'test', readersOf });
      const tell = (scope: AccountScope) => async () => (fault(scope) === 'stranger' ? strangerAccount : selfAccount);
      return config.accounts ? source : tellAccount(source, undefined, tell);
    });
  }

  /**
   * The snapshot of another gateway, which read all scopes at `remember` and is read here since.
   */
  async function readPast(): Promise<{ readonly text: string }> {
    const clock = { now: () => pastMs, monotonicMs: () => pastMs };
    const discoverer = createDiscoverer(
      sourcesOver(
        () => past,
        () => 'none',
      ),
      { clock },
    );
    return { text: serialiseSnapshot(await discoverer.discover(new AbortController().signal), 'test') };
  }

  function openSources(clock: Clocks): readonly Source[] {
    const relay = createSnapshotSource(relayConfig, { owner: 'test', clock, read: readPast });
    return [...sourcesOver(() => world, faultOf), relay];
  }

  function create({ scope, domain, zones, accepted, shared }: Extract<Step, { do: 'create' }>): void {
    const place = scopes[scope];
    const names = services[scope];
    if (!place || !names) return;
    world.createEndpoint({
      ...placeOf(place),
      serviceName: accepted ? names.open : names.closed,
      tags: { 'kong:domain': domain },
      interfaces: shared ? sharedIn(place.region, zones) : interfacesIn(place.region, zones),
    });
  }

  function change(step: Exclude<Step, { do: 'create' }>): void {
    if (step.do === 'remember') remember();
    if (!('endpoint' in step)) return;
    const listed = world.endpoints();
    const endpoint = listed[step.endpoint % Math.max(1, listed.length)];
    if (!endpoint) return;
    const { id, region, interfaces } = endpoint;
    if (step.do === 'accept') world.accept(id);
    if (step.do === 'reject') world.reject(id);
    if (step.do === 'delete') world.deleteEndpoint(id);
    // A deleted endpoint has no interfaces and cannot come back.
    if (step.do === 'setState' && interfaces.length > 0) world.setState(id, step.state);
    if (step.do === 'retag') world.setTags(id, step.tags);
    if (step.do === 'recreate') world.recreateEndpoint(id, { interfaces: interfacesIn(region, 2) });
  }

  return {
    world,
    setFaults: (next) => {
      faults = next;
    },
    openSources,
    take: (step) => {
      try {
        if (step.do === 'create') create(step);
        else change(step);
      } catch {
        // AWS refuses, for example, to accept a deleted endpoint.
      }
    },
  };
}

function placeOf({ account: name, region }: AccountScope) {
  return { account: name === 'self' ? selfAccount : name, region };
}

/** The same addresses for all endpoints that share them. */
function sharedIn(region: string, count: number) {
  return interfacesIn(region, count).map((one, index) => ({ ...one, ip: `10.200.0.${index + 1}` }));
}

function interfacesIn(region: string, count: number) {
  return zoneIdsOf(region)
    .slice(0, count)
    .map((zoneId) => ({ zoneId }));
}

type ReaderOptions = {
  readonly scope: AccountScope;
  readonly world: AwsWorld;
  readonly past: () => AwsWorld;
  readonly fault: () => AwsFault;
};

const failures = { throttle: 'THROTTLED', error: 'AWS', auth: 'ACCESS_DENIED' } as const;

function createReader({ scope, world, past, fault }: ReaderOptions): Ec2Reader {
  const seen = () => (fault() === 'lag' ? past() : world);
  const strike = () => {
    const struck = fault();
    if (struck === 'throttle' || struck === 'error' || struck === 'auth') throw failure(failures[struck]);
    // Another account has no role of this name.
    if (struck === 'stranger' && scope.account !== 'self') throw failure('ACCESS_DENIED');
  };
  return {
    listEndpoints: async ({ tagKey }) => {
      strike();
      if (fault() === 'empty' || fault() === 'stranger') return [];
      const listed = seen().endpoints(placeOf(scope));
      return listed.filter(({ tags }) => tagKey === undefined || tags[tagKey] !== undefined).map(itemOf);
    },
    listInterfaces: async (ids) => {
      if (fault() === 'partial') throw failure('TIMEOUT');
      const listed = ids.flatMap((id) => seen().interface(id) ?? []);
      return listed.slice(fault() === 'omit' ? 1 : 0).map(interfaceOf);
    },
    // The simulated endpoints are of type Interface.
    listAssociations: async () => [],
    findGone: async (ids) => {
      strike();
      if (fault() === 'noAnswerById') throw failure('THROTTLED');
      return ids.filter((id) => fault() === 'stranger' || hasEnded(seen().endpoint(id)));
    },
  };
}

/** The reader's conclusion from AWS's answer by id. */
function hasEnded(endpoint: ReturnType<AwsWorld['endpoint']>): boolean {
  return !endpoint || dispositionOf(parseEndpointState(endpoint.state)) === 'remove';
}

function failure(code: 'THROTTLED' | 'AWS' | 'ACCESS_DENIED' | 'TIMEOUT'): PrivatelinkError {
  return new PrivatelinkError(`simulated ${code}`, { code, fix: undefined });
}

function itemOf(endpoint: ReturnType<AwsWorld['endpoints']>[number]): VpcEndpointItem {
  return {
    id: endpoint.id,
    state: endpoint.state,
    createdAtMs: endpoint.createdAtMs,
    serviceName: endpoint.service.name,
    vpcId: endpoint.vpcId,
    interfaceIds: endpoint.interfaces.map(({ id }) => id),
    dnsNames: endpoint.dnsNames,
    tags: new Map(Object.entries(endpoint.tags)),
  };
}

function interfaceOf({ id, ip, zone }: ReturnType<AwsWorld['interfaces']>[number]): InterfaceItem {
  return { id, ips: ip ? [ip] : [], zoneId: zone.id };
}
