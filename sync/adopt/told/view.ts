import type { HeldEntity, Kind } from '#deck/document';
import type { SeenScope } from '#discovery/seen/model';
import type { ScopeReport } from '../../pass/report';
import type { Adoptable } from '../adoptable';
import type { Findings } from '../findings';
import { fieldText } from '../parts';
import { awsCommands, terraformOf } from './commands';

type EntityName = { readonly kind: Kind; readonly key: string; readonly id: string };

/** An endpoint in a report. */
type EndpointView = {
  readonly id: string;
  readonly scopeId: string;
  readonly accountId?: string;
  readonly vpcId?: string;
  readonly serviceName?: string;
  readonly state: string;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly { readonly ip: string; readonly zoneId?: string }[];
};

type Named = 'service' | 'upstream' | 'targets' | 'routes' | 'plugins';

/** An adoptable service with entities by their names. */
export type AdoptableView = Omit<Adoptable, Named | 'endpoints'> & {
  readonly service: EntityName;
  /** The host of the service: a DNS name, an address, or the name of the upstream. */
  readonly host: string;
  readonly upstream?: EntityName;
  readonly targets: readonly EntityName[];
  readonly routes: readonly EntityName[];
  readonly plugins: readonly EntityName[];
  readonly endpoints: readonly EndpointView[];
};

/** The output of `adopt --json` for one control plane. */
export type AdoptView = {
  readonly stage?: string;
  /** The control plane, or the decK file in its place. */
  readonly place: string;
  readonly scopes: readonly ScopeReport[];
  readonly adoptable: readonly AdoptableView[];
  /** Commands for services that are not refused. */
  readonly commands: readonly string[];
  readonly terraform: string;
  readonly notes: readonly string[];
};

type Told = Findings & { readonly scopes: readonly SeenScope[] };

/** Returns the findings as data: entities by their names, without the content of plugins. */
export function adoptViewOf({ adoptable, notes, scopes }: Told, where: Pick<AdoptView, 'stage' | 'place'>): AdoptView {
  return {
    ...where,
    scopes: scopes.map(scopeView),
    adoptable: adoptable.map(adoptableView),
    commands: awsCommands(adoptable),
    terraform: terraformOf(adoptable),
    notes,
  };
}

function scopeView(seen: SeenScope): ScopeReport {
  const { status, scope } = seen;
  if (status === 'known') return { id: scope.id, status, endpoints: seen.endpoints.length, ageMs: 0 };
  return { id: scope.id, status, endpoints: 0, code: seen.code, reason: seen.reason };
}

function adoptableView(one: Adoptable): AdoptableView {
  const { service, upstream, targets, routes, plugins, endpoints, ...rest } = one;
  return {
    ...rest,
    host: fieldText(service.fields.host),
    service: nameView(service),
    upstream: upstream && nameView(upstream),
    targets: targets.map(nameView),
    routes: routes.map(nameView),
    plugins: plugins.map(nameView),
    endpoints: endpoints.map(({ id, scope, accountId, vpcId, serviceName, state, dnsNames, addresses }) => ({
      id,
      scopeId: scope.id,
      accountId,
      vpcId,
      serviceName,
      state,
      dnsNames,
      addresses: addresses.map(({ ip, zoneId }) => ({ ip, zoneId })),
    })),
  };
}

function nameView({ kind, key, id }: HeldEntity): EntityName {
  return { kind, key, id };
}
