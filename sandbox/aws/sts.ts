import { sessionOf } from './credentials';
import { AwsError } from './error';
import { numberOf, required } from './query';
import { createQueryService } from './query-service';
import { refusalOf } from './refusals';
import type { Action, AwsRequest } from './request';
import { element, wrap } from './xml';

/** The Security Token Service. */
export const sts = createQueryService(
  'https://sts.amazonaws.com/doc/2011-06-15/',
  new Map<string, Action>([
    ['AssumeRole', assumeRole],
    ['GetCallerIdentity', getCallerIdentity],
  ]),
);

function assumeRole({ world, caller, query }: AwsRequest): string {
  const arn = required(query, 'RoleArn');
  const sessionName = required(query, 'RoleSessionName');
  const role = world.role(arn);
  if (!role || (role.externalId !== undefined && role.externalId !== query.get('ExternalId'))) {
    const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
    throw new AwsError('AccessDenied', message, refusalOf('sts', 'denied').status);
  }
  const durationSeconds = numberOf(query, 'DurationSeconds') ?? 3600;
  const { accessKeyId, secretAccessKey, sessionToken, sessionArn } = sessionOf(role, sessionName);
  // The SDK compares the expiry with the system's clock, so world time would not do.
  const expiration = new Date(Date.now() + durationSeconds * 1000).toISOString();
  const credentials = wrap(
    'Credentials',
    element('AccessKeyId', accessKeyId),
    element('SecretAccessKey', secretAccessKey),
    element('SessionToken', sessionToken),
    element('Expiration', expiration),
  );
  const roleId = element('AssumedRoleId', `AROA${role.account}SBOX:${sessionName}`);
  return credentials + wrap('AssumedRoleUser', roleId, element('Arn', sessionArn));
}

function getCallerIdentity({ caller }: AwsRequest): string {
  return element('Arn', caller.arn) + element('UserId', caller.account) + element('Account', caller.account);
}
