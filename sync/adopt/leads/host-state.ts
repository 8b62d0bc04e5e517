import { dispositionOf } from '#core/endpoint-states';
import type { HostState } from '../takeover/release';
import type { EndpointIndex } from './endpoint-index';
import { leadOf } from './lead';

/** Says of a host of a record whether an endpoint still has it; while a scope cannot be read, one that none has may be there. */
export function hostStateIn(index: EndpointIndex): HostState {
  return (host) => {
    const lead = leadOf(host, index);
    const missing = index.unknown.length > 0 ? 'unknown' : 'gone';
    if (lead.to === 'elsewhere') return missing;
    const endpoints = lead.to === 'endpoint' ? [lead.endpoint] : lead.endpoints;
    return endpoints.some(({ state }) => dispositionOf(state) !== 'remove') ? 'there' : missing;
  };
}
