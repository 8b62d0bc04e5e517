import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { lazy } from '#core/timing/lazy';
import { throughProxies } from '#io/proxy/agents';
import { limitAnswers } from './answer-limits';
import { toldCalls } from './told-calls';

// The SDK warns about Node 20 when the first client is created. `engines` in package.json names the
// supported versions.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * The parts of the AWS SDK, loaded at first use: client-ec2 alone costs 0.27 s and 74 MB. Each part
 * is kept, because TypeScript's `import()` copies the package's thousands of exports each time.
 */
export const loadEc2 = lazy(() => import('@aws-sdk/client-ec2'));
export const loadServiceDiscovery = lazy(() => import('@aws-sdk/client-servicediscovery'));
export const loadLoadBalancing = lazy(() => import('@aws-sdk/client-elastic-load-balancing-v2'));
export const loadSts = lazy(() => import('@aws-sdk/client-sts'));
export const loadCredentialProviders = lazy(() => import('@aws-sdk/credential-providers'));

/** Time until the headers of an answer, with connecting, and between two pieces of its body. */
const callTimeoutMs = 10_000;

const answerLimits = limitAnswers({
  /** A call then takes at most 20 s, less than a scope. A call that ends here is retried. */
  timeoutMs: callTimeoutMs,
  /**
   * The largest page has 1,000 endpoints, each with a policy of 20,480 characters and 50 tags of
   * 384 characters. Escaped as XML that is 64 KiB each.
   */
  maxBytes: 64 * 2 ** 20,
});

/** For every client, also for those that fetch credentials. */
export const clientPlugins = [answerLimits, toldCalls];

const sockets = { keepAlive: true, maxSockets: 50 };

/**
 * All clients share their connections. The accounts of one region have the same addresses, and
 * separate clients would repeat each TLS handshake.
 */
export const requestHandler = {
  httpAgent: throughProxies(new HttpAgent(sockets), 'http:', callTimeoutMs),
  httpsAgent: throughProxies(new HttpsAgent(sockets), 'https:', callTimeoutMs),
  connectionTimeout: callTimeoutMs,
  requestTimeout: callTimeoutMs,
  // The request's time-out ends with the headers. `socketTimeout` ends an answer that stops
  // half-way, and `answerLimits` ends an endless one.
  socketTimeout: callTimeoutMs,
  throwOnRequestTimeout: true,
};
