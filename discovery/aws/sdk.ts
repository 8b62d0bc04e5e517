import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { lazy } from '#core/timing/lazy';
import { throughProxies } from '#io/proxy/agents';
import { limitAnswers } from './answer-limits';
import { toldCalls } from './told-calls';

// The SDK prints a warning about Node 20 when the first client is made; engines in package.json says what is supported.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * The parts of the AWS SDK, loaded when first needed: client-ec2 alone costs 0.27 s and 74 MB. Each is kept, since what
 * TypeScript makes of `import()` copies the package's thousands of exports every time.
 */
export const loadEc2 = lazy(() => import('@aws-sdk/client-ec2'));
export const loadServiceDiscovery = lazy(() => import('@aws-sdk/client-servicediscovery'));
export const loadLoadBalancing = lazy(() => import('@aws-sdk/client-elastic-load-balancing-v2'));
export const loadSts = lazy(() => import('@aws-sdk/client-sts'));
export const loadCredentialProviders = lazy(() => import('@aws-sdk/credential-providers'));

/** Time that a call gets until its headers, connecting included, and between two pieces of its body. */
const callTimeoutMs = 10_000;

const answerLimits = limitAnswers({
  /** So that a call takes 20 s as a whole, less than a scope gets: one that ends with it is tried again. */
  timeoutMs: callTimeoutMs,
  /** The largest page is of 1,000 endpoints, each with a policy of 20,480 characters and 50 tags of 384, escaped as XML: 64 KiB. */
  maxBytes: 64 * 2 ** 20,
});

/** Of every client, those that ask for credentials too. */
export const clientPlugins = [answerLimits, toldCalls];

const sockets = { keepAlive: true, maxSockets: 50 };

/** All clients share their connections: accounts of one region have the same addresses, and each would shake hands anew. */
export const requestHandler = {
  httpAgent: throughProxies(new HttpAgent(sockets), 'http:', callTimeoutMs),
  httpsAgent: throughProxies(new HttpsAgent(sockets), 'https:', callTimeoutMs),
  connectionTimeout: callTimeoutMs,
  requestTimeout: callTimeoutMs,
  // The request's time ends with the headers of the answer; this one ends an answer that stops half-way, `answerLimits` one that goes on.
  socketTimeout: callTimeoutMs,
  throwOnRequestTimeout: true,
};
