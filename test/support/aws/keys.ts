import { credentialsOf } from '#sandbox/aws/credentials';

/** The variables in which tools of AWS find the keys of an account of the sandbox. */
export function keysOf(account: string): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = credentialsOf(account);
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}
