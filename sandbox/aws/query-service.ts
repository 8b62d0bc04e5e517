import { AwsError } from './error';
import type { Action, AwsRequest } from './request';
import { element, wrap } from './xml';

/**
 * An API of AWS with the plain query protocol: STS and Elastic Load Balancing. EC2 has its own
 * form.
 */
export type QueryService = {
  /** Answered actions; others are refused by name. */
  readonly actions: readonly string[];
  /** Answers one call; throws AwsError. */
  readonly answer: (request: AwsRequest) => string;
  /** The error in the form of the API. */
  readonly refuse: (error: AwsError, requestId: string) => string;
};

/** `namespace`: the XML namespace of the answers. */
export function createQueryService(namespace: string, actions: ReadonlyMap<string, Action>): QueryService {
  return {
    actions: [...actions.keys()],
    answer: (request) => {
      const { action, requestId } = request;
      const perform = actions.get(action);
      if (!perform) throw new AwsError('InvalidAction', `Could not find operation ${action}`);
      const result = wrap(`${action}Result`, perform(request));
      const metadata = wrap('ResponseMetadata', element('RequestId', requestId));
      return `<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`;
    },
    refuse: (error, requestId) => {
      const type = element('Type', error.status < 500 ? 'Sender' : 'Receiver');
      const inside = wrap('Error', type, element('Code', error.code), element('Message', error.message));
      return `<ErrorResponse xmlns="${namespace}">${inside}${element('RequestId', requestId)}</ErrorResponse>`;
    },
  };
}
