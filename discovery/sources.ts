import { lazyEc2Client } from './aws-clients';
import type { Config } from './config';
import { createEc2Reader } from './ec2-reader';
import type { Source } from './source';
import { createVpcEndpointsSource } from './vpc-endpoints';

export type SourcesOptions = {
  /** Items per page of AWS's lists; small ones where parsing must not block requests. Default 1000, AWS's largest. */
  readonly pageSize?: number;
};

/** The sources that the configuration names. */
export function createSources(
  { sources, owner }: Pick<Config, 'owner' | 'sources'>,
  { pageSize = 1_000 }: SourcesOptions = {},
): readonly Source[] {
  return sources.flatMap((config) => {
    if (config.type !== 'vpc-endpoints') return [];
    const { endpoint } = config;
    return createVpcEndpointsSource(config, {
      owner,
      readerOf: (scope) => createEc2Reader({ scope, client: lazyEc2Client({ scope, endpoint }), pageSize }),
    });
  });
}
