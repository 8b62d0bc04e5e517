import { lazy } from '#core/timing/lazy';

/**
 * The parts of the AWS SDK, loaded when first needed: client-ec2 alone costs 0.27 s and 74 MB. Each is kept, since what
 * TypeScript makes of `import()` copies the package's thousands of exports every time.
 */
export const loadEc2 = lazy(() => import('@aws-sdk/client-ec2'));
export const loadServiceDiscovery = lazy(() => import('@aws-sdk/client-servicediscovery'));
export const loadSts = lazy(() => import('@aws-sdk/client-sts'));
export const loadCredentialProviders = lazy(() => import('@aws-sdk/credential-providers'));
