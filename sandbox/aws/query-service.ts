import { AwsError } from './error';
import type { Action, AwsRequest } from './request';
import { element, wrap } from './xml';

/** An API of AWS that speaks the query protocol in its plain form, as STS and Elastic Load Balancing do; EC2 has one of its own. */
export type QueryService = {
  /** What is answered; all else is refused by name. */
  readonly actions: readonly string[];
  /** Answers one call; throws AwsError. */
  readonly answer: (request: AwsRequest) => string;
  /** The error in the form of the API. */
  readonly refuse: (error: AwsError, requestId: string) => string;
};

/** `namespace` is that of its answers. */
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
