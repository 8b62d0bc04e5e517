import type { Config } from '#config/schema';
import type { AwsAccess } from '#discovery/aws/access';
import { accountScope } from '#discovery/aws/accounts';
import { lazyCloudMapClient } from '#discovery/aws/clients';
import { createCloudMapReader } from '#discovery/aws/readers/cloud-map';
import { createCloudMapService } from './cloud-map-service';
import { createInstanceWriter } from './instance-writer';
import type { Publication } from './publish';

/** Returns the publications of the configuration. No IO. */
export function openPublications(
  { publish, owner }: Pick<Config, 'owner' | 'publish'>,
  { clock, budget, credentials }: AwsAccess,
): readonly Publication[] {
  return publish.map((config) => {
    const { namespace, service, domain, endpoint } = config;
    const scope = accountScope('publish', config);
    const client = lazyCloudMapClient({ scope, endpoint, credentials });
    const name = `cloud-map ${scope.account}.${scope.region} ${namespace}/${service}`;
    const reader = createCloudMapReader({ scope, client, pageSize: 100, budget });
    const writer = createInstanceWriter({ scope, client, budget, clock });
    return { name, domain, service: createCloudMapService(config, { owner, name, scope, reader, writer }) };
  });
}
