import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { credentialsOf } from '#sandbox/aws/credentials';
import type { Place } from '#sandbox/aws/world/model';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** The real SDK client, pointed at a sandbox. It never retries, so that each call is visible. */
export function ec2Client(url: string, place: Place, config: EC2ClientConfig = {}): EC2Client {
  const credentials = credentialsOf(place.account);
  return new EC2Client({ endpoint: url, region: place.region, credentials, maxAttempts: 1, ...config });
}
