import { dispositionOf } from '#core/endpoint-states';
import type { HostState } from '../takeover/release';
import type { EndpointIndex } from './endpoint-index';
import { leadOf } from './lead';

/**
 * Returns a function that says whether an endpoint still has a recorded host. While a scope cannot
 * be read, a missing host is `unknown`, and not `gone`.
 */
export function hostStateIn(index: EndpointIndex): HostState {
  return (host) => {
    const lead = leadOf(host, index);
    const missing = index.unknown.length > 0 ? 'unknown' : 'gone';
    if (lead.to === 'elsewhere') return missing;
    const endpoints = lead.to === 'endpoint' ? [lead.endpoint] : lead.endpoints;
    return endpoints.some(({ state }) => dispositionOf(state) !== 'remove') ? 'there' : missing;
  };
}
