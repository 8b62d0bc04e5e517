import type { ProbeSettings } from '#data-plane/probes/probe-settings';
import type { PluginConfig } from '../schema/schema';

/** What a plugin entity says of probes. A probe may take half of the interval, so that two failures fit into two intervals. */
export function probeSettingsOf(config: PluginConfig): ProbeSettings {
  const intervalMs = config.probe_interval_seconds * 1_000;
  return {
    kind: config.probe,
    path: config.probe_path,
    intervalMs,
    timeoutMs: Math.min(config.probe_timeout_seconds * 1_000, intervalMs / 2),
    fall: config.probe_fall,
    rise: config.probe_rise,
  };
}
