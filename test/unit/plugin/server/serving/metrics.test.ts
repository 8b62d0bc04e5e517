import { expect, it } from '@jest/globals';
import { metricsText, type ServerFacts } from '#plugin/server/serving/metrics';

const observed: ServerFacts = {
  counts: { events: 3, calls: new Map([['kong.service.set_target', 2]]) },
  instances: 1,
  unresolved: 1,
  feed: { oldestObservedAtMs: () => 4_000, ejected: () => 5 },
  nowMs: 6_500,
};

it.each([
  ['events_total 3'],
  ['picks_total 2'],
  ['upstreams_total 0'],
  ['unresolved_total 1'],
  ['instances 1'],
  ['ejected_targets 5'],
  ['discovery_age_seconds 2.5'],
])('the metrics hold %s', (line) => {
  expect(metricsText(observed).split('\n')).toContain(`kong_privatelink_plugin_${line}`);
});

it('the metrics have no age while nothing is known', () => {
  const text = metricsText({ ...observed, feed: { ...observed.feed, oldestObservedAtMs: () => undefined } });

  expect(text).not.toContain('age_seconds');
});
