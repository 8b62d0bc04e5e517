import { describe, expect, it } from '@jest/globals';
import { pluginAlerts } from '#plugin/server/serving/alerts';
import { resolverAlerts } from '#resolver/alerts';
import { workerAlerts } from '#sync/watch/metrics/alerts';
import { alertFaults } from '../../../../support/watch/faults';
import { seriesOf } from '../../../../support/watch/scrapes';

/**
 * test/peers/prometheus.test.ts asks Prometheus whether the expressions are true for these metrics.
 */
describe('metrics of a worker', () => {
  it.each(alertFaults)('fm-63 show that $name', async ({ live, shows }) => {
    const { scrapes } = await live();

    expect((scrapes.at(-1) ?? '').split('\n')).toEqual(expect.arrayContaining([...shows]));
  });

  it('fm-63 stop reporting successes at the fault, and go on reporting passes', async () => {
    const [fault] = alertFaults.filter(({ name }) => name === 'AWS is down');
    const series = seriesOf((await fault?.live())?.scrapes ?? []);
    const at = (name: string) => series.get(`kong_privatelink_${name}_timestamp_seconds`)?.slice(3, 7);

    expect(at('last_success')).toEqual(['181', '241', '241', '241']);
    expect(at('last_pass')).toEqual(['181', '241', '301', '361']);
  });

  it('are tested with a fault for each alert', () => {
    const fired = new Set(alertFaults.flatMap(({ fires }) => fires));

    expect([...fired].sort()).toEqual([workerAlerts, pluginAlerts, resolverAlerts].flatMap(Object.keys).sort());
  });
});
