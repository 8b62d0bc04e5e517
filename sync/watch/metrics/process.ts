import { labelText, type Samples } from '#io/metrics/text';
import { version } from '../../pass/version';

/** Computed once, so that a later clock change does not look like a restart. */
const startedAtSeconds = Date.now() / 1_000 - process.uptime();

/** Returns samples of the process. Any thread can read them. */
export function processSamples(): Samples {
  const { user, system } = process.cpuUsage();
  return {
    kong_privatelink_build_info: { [labelText({ version, node: process.versions.node })]: 1 },
    process_resident_memory_bytes: { '': process.memoryUsage.rss() },
    process_cpu_seconds_total: { '': (user + system) / 1_000_000 },
    process_start_time_seconds: { '': startedAtSeconds },
  };
}
