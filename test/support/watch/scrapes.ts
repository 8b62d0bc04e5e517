import { processSamples } from '#sync/watch/metrics/process';
import { createTold } from '#sync/watch/told';
import { openWatch } from './memory';

const minuteMs = 60_000;

/** One worker's metrics for Prometheus at each minute; empty when the worker does not answer. */
export type Scrapes = readonly string[];

/**
 * A worker in memory with a pass each minute. Its server tells Prometheus about it after the pass.
 */
export function openScraped(over: Parameters<typeof openWatch>[0] = {}) {
  const watch = openWatch(over);
  const { monotonicMs } = watch.clock;
  const told = createTold({ monotonicMs, ask: () => {}, ownSamples: processSamples });
  const scrapes: string[] = [];
  // The verb sets these, from the configuration.
  watch.metrics.set('kong_privatelink_interval_seconds', minuteMs / 1_000);
  watch.metrics.set('kong_privatelink_config_in_use', 1);
  const scrape = (text: string) => {
    scrapes.push(text);
    watch.clock.advance(scrapes.length * minuteMs - monotonicMs());
  };
  return {
    ...watch,
    scrapes,
    /** Lets this many minutes pass. `before` runs before each pass, and may add to the scrape. */
    pass: async (minutes: number, before: (minute: number) => unknown = () => {}) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        const more = await before(minute);
        await watch.run();
        const metrics = structuredClone(watch.metrics.samples());
        told.take({ kind: 'state', isAlive: true, isReady: true, details: '', metrics });
        scrape(told.state.metrics() + (typeof more === 'string' ? more : ''));
      }
    },
    /** The thread of the passes says nothing any more; the one that serves goes on. */
    hang: (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) scrape(told.state.metrics());
    },
    /** The whole process is away. */
    end: (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) scrape('');
    },
  };
}

export type Scraped = ReturnType<typeof openScraped>;

/** The scrapes as time series: `name{labels}` and its value at each minute. */
export function seriesOf(scrapes: Scrapes): ReadonlyMap<string, readonly (string | undefined)[]> {
  const series = new Map<string, (string | undefined)[]>();
  scrapes.forEach((text, minute) => {
    for (const [, name = '', value] of text.matchAll(/^([a-z_]+(?:\{.*\})?) (\S+)$/gm)) {
      const values = series.get(name) ?? [];
      values[minute] = value;
      series.set(name, values);
    }
  });
  return series;
}
