import { labelText, type Samples } from '#io/metrics/text';
import { version } from '../../pass/version';

/** Once: a clock that is set later starts no process anew. */
const startedAtSeconds = Date.now() / 1_000 - process.uptime();

/** What any thread can tell of its process, as it is now. */
export function processSamples(): Samples {
  const { user, system } = process.cpuUsage();
  return {
    kong_privatelink_build_info: { [labelText({ version, node: process.versions.node })]: 1 },
    process_resident_memory_bytes: { '': process.memoryUsage.rss() },
    process_cpu_seconds_total: { '': (user + system) / 1_000_000 },
    process_start_time_seconds: { '': startedAtSeconds },
  };
}
