import { AwsError } from './error';

export type ServiceName = 'ec2' | 'sts' | 'servicediscovery' | 'elasticloadbalancing';

/** Reasons that do not depend on the request. */
export type RefusalKind =
  | 'unauthenticated'
  | 'unknownKey'
  | 'throttle'
  | 'denied'
  | 'error'
  | 'expired'
  | 'skew'
  | 'regionDisabled';

const invalidKey = 'AWS was not able to validate the provided access credentials';

/** Code, message and HTTP status of each reason, as each service words it. */
const refusals: Readonly<Record<ServiceName, Readonly<Record<RefusalKind, readonly [string, string, number]>>>> = {
  ec2: {
    unauthenticated: ['AuthFailure', invalidKey, 401],
    unknownKey: ['AuthFailure', invalidKey, 401],
    throttle: ['RequestLimitExceeded', 'Request limit exceeded.', 503],
    denied: ['UnauthorizedOperation', 'You are not authorized to perform this operation.', 403],
    error: ['InternalError', 'An internal error has occurred', 500],
    expired: ['RequestExpired', 'Request has expired.', 400],
    skew: ['RequestExpired', 'Request has expired.', 400],
    regionDisabled: ['OptInRequired', 'You are not subscribed to this service.', 401],
  },
  sts: {
    unauthenticated: ['MissingAuthenticationToken', 'Request is missing Authentication Token', 403],
    unknownKey: ['InvalidClientTokenId', 'The security token included in the request is invalid.', 403],
    throttle: ['Throttling', 'Rate exceeded', 400],
    denied: ['AccessDenied', 'Access denied', 403],
    error: ['InternalFailure', 'An internal error has occurred', 500],
    expired: ['ExpiredToken', 'The security token included in the request is expired', 403],
    skew: ['SignatureDoesNotMatch', 'Signature expired', 403],
    regionDisabled: ['RegionDisabledException', 'STS is not activated in this region for the account', 403],
  },
  elasticloadbalancing: {
    unauthenticated: ['MissingAuthenticationToken', 'Request is missing Authentication Token', 403],
    unknownKey: ['InvalidClientTokenId', 'The security token included in the request is invalid.', 403],
    throttle: ['Throttling', 'Rate exceeded', 400],
    denied: ['AccessDenied', 'User is not authorized to perform this operation', 403],
    error: ['InternalFailure', 'An internal error has occurred', 500],
    expired: ['ExpiredToken', 'The security token included in the request is expired', 403],
    skew: ['SignatureDoesNotMatch', 'Signature expired', 403],
    regionDisabled: ['OptInRequired', 'The AWS Access Key Id needs a subscription for the service', 403],
  },
  servicediscovery: {
    unauthenticated: ['MissingAuthenticationTokenException', 'Missing Authentication Token', 400],
    unknownKey: ['UnrecognizedClientException', 'The security token included in the request is invalid.', 400],
    throttle: ['ThrottlingException', 'Rate exceeded', 400],
    denied: ['AccessDeniedException', 'User is not authorized to perform this operation', 400],
    error: ['InternalFailure', 'An internal error has occurred', 500],
    expired: ['ExpiredTokenException', 'The security token included in the request is expired', 400],
    skew: ['InvalidSignatureException', 'Signature expired', 400],
    regionDisabled: ['UnrecognizedClientException', 'The security token included in the request is invalid.', 400],
  },
};

/** The error to throw when `service` refuses for `kind`. */
export function refusalOf(service: ServiceName, kind: RefusalKind): AwsError {
  return new AwsError(...refusals[service][kind]);
}
