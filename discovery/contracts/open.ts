import type { Config } from '#config/schema';
import type { AwsAccess } from '../aws/access';
import type { ContractsReader } from './reader';

export type ContractsReaderOptions = {
  readonly aws: AwsAccess;
  /** What was read is kept nowhere on disk; what is there is used. */
  readonly isReadOnly?: boolean;
  /** Items per page of AWS's lists; default 1000, AWS's largest. */
  readonly pageSize?: number;
};

/** What reads the services of `contracts`; undefined without that block. No IO. */
export function openContracts(
  { contracts }: Pick<Config, 'contracts' | 'owner' | 'stateDir'> & Partial<Pick<Config, 'discovery'>>,
  _options: ContractsReaderOptions,
): ContractsReader | undefined {
  if (!contracts) return undefined;
  throw new Error('not written yet');
}
