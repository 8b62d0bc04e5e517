import type { Caller } from './credentials';
import type { Query } from './query';
import type { AwsWorld } from './world/world';

/** One authenticated call. */
export type AwsRequest = {
  readonly world: AwsWorld;
  readonly caller: Caller;
  readonly action: string;
  readonly query: Query;
  /** The sent body: JSON where the service's protocol is JSON. */
  readonly body: string;
  readonly requestId: string;
};

/** Returns the inside of the answer as XML; throws AwsError. */
export type Action = (request: AwsRequest) => string;
