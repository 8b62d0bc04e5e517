import type { Clock } from '#core/clock';
import { lazyCloudMapClient } from '#discovery/aws-clients';
import { type AccountScope, accountScopes } from '#discovery/aws-scopes';
import { createCallBudget } from '#discovery/call-budget';
import { createCloudMapReader } from '#discovery/cloud-map-reader';
import type { Config, PublishConfig } from '#discovery/config';
import { createCloudMapService } from './cloud-map-service';
import { createInstanceWriter } from './instance-writer';
import type { Publication } from './publish';

/** The publications that the configuration names; no IO. */
export function openPublications(
  { publish, owner }: Pick<Config, 'owner' | 'publish'>,
  clock: Clock,
): readonly Publication[] {
  const budget = createCallBudget({ clock });
  return publish.flatMap((config) =>
    scopesOf(config).map((scope) => {
      const { namespace, service, domain, endpoint } = config;
      const client = lazyCloudMapClient({ scope, endpoint });
      const name = `cloud-map ${scope.account}.${scope.region} ${namespace}/${service}`;
      const reader = createCloudMapReader({ scope, client, pageSize: 100, budget });
      const writer = createInstanceWriter({ scope, client, budget, clock });
      return { name, domain, service: createCloudMapService(config, { owner, name, scope, reader, writer }) };
    }),
  );
}

/** The one place of a publication. */
function scopesOf({ region, roleArn, externalId }: PublishConfig): readonly AccountScope[] {
  const accounts = roleArn ? [{ roleArn, externalId }] : undefined;
  return accountScopes({ name: 'publish', accounts, regions: [region] });
}
