import type { IncomingHttpHeaders } from 'node:http';
import { refusalOf, type ServiceName } from './refusals';
import type { Place, Role } from './world/model';

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** The caller, with account and region. */
export type Caller = Place & { readonly arn: string };

/**
 * Returns long-term credentials of an account: the key id holds the account, and nothing checks the
 * secret.
 */
export function credentialsOf(account: string): Credentials {
  return { accessKeyId: `AKIA${account}SBOX`, secretAccessKey: 'sandbox-secret' };
}

/**
 * Returns temporary credentials of a role's session, as AssumeRole does. The token identifies the
 * session.
 */
export function sessionOf(role: Role, sessionName: string) {
  // AWS leaves the path of the role's name out of the session's ARN.
  const sessionArn = `arn:aws:sts::${role.account}:assumed-role/${role.name.split('/').at(-1)}/${sessionName}`;
  const accessKeyId = `ASIA${role.account}SBOX`;
  return { accessKeyId, secretAccessKey: 'sandbox-secret', sessionToken: `sandbox ${sessionArn}`, sessionArn };
}

/**
 * Reads the caller from a call's headers; throws AwsError as `service` words it.
 * The signature is not checked: the sandbox listens on loopback, and its secrets are no secret.
 */
export function parseCaller(headers: IncomingHttpHeaders, service: ServiceName): Caller {
  const scope = /Credential=(\w+)\/\d{8}\/([\w-]+)\/[\w-]+\/aws4_request/.exec(headers.authorization ?? '');
  const [, accessKeyId, region] = scope ?? [];
  if (!accessKeyId || !region) throw refusalOf(service, 'unauthenticated');
  const [, kind, account] = /^(AKIA|ASIA)(\d{12})SBOX$/.exec(accessKeyId) ?? [];
  if (!account) throw refusalOf(service, 'unknownKey');
  if (kind === 'AKIA') return { account, region, arn: `arn:aws:iam::${account}:user/sandbox` };
  const [, arn, owner] = /^sandbox (arn:aws:sts::(\d{12}):.+)$/.exec(String(headers['x-amz-security-token'])) ?? [];
  if (!arn || owner !== account) throw refusalOf(service, 'unknownKey');
  return { account, region, arn };
}
