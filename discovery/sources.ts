import { PrivatelinkError } from '../core/errors';
import { lazyEc2Client } from './aws-clients';
import type { Config, SourceConfig } from './config';
import { createEc2Reader } from './ec2-reader';
import type { Source } from './source';
import { createVpcEndpointsSource } from './vpc-endpoints';

export type SourcesOptions = {
  /** Items per page of AWS's lists; small ones where parsing must not block requests. Default 1000, AWS's largest. */
  readonly pageSize?: number;
};

type Context = Required<SourcesOptions> & { readonly owner: string };

type SourceType = SourceConfig['type'];
type Factory<T extends SourceType> = (config: Extract<SourceConfig, { type: T }>, context: Context) => Source;

/** How to make a source of each type that is built. */
const factories: { readonly [T in SourceType]?: Factory<T> } = {
  'vpc-endpoints': (config, { owner, pageSize }) => {
    const { endpoint } = config;
    const readerOf: Parameters<typeof createVpcEndpointsSource>[1]['readerOf'] = (scope) =>
      createEc2Reader({ scope, client: lazyEc2Client({ scope, endpoint }), pageSize });
    return createVpcEndpointsSource(config, { owner, readerOf });
  },
};

/** The sources that the configuration names. Throws PrivatelinkError (NOT_BUILT) for a type that this version does not have. */
export function createSources(
  { sources, owner }: Pick<Config, 'owner' | 'sources'>,
  { pageSize = 1_000 }: SourcesOptions = {},
): readonly Source[] {
  return sources.map((config) => createSource(config, { owner, pageSize }));
}

function createSource<T extends SourceType>(config: Extract<SourceConfig, { type: T }>, context: Context): Source {
  const create: Factory<T> | undefined = factories[config.type as T];
  if (create) return create(config, context);
  throw new PrivatelinkError(
    `not built in this version: source ${config.name} of type ${config.type}; take it out of the configuration`,
    { code: 'NOT_BUILT', transient: false },
  );
}
