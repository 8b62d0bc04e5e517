import { type ProbeSettings, probeOf } from '#data-plane/probes/probe-settings';
import type { PluginConfig } from '../schema/schema';

/** The probe settings of a plugin entity. */
export function probeSettingsOf(config: PluginConfig): ProbeSettings {
  return probeOf({
    kind: config.probe,
    path: config.probe_path,
    intervalSeconds: config.probe_interval_seconds,
    timeoutSeconds: config.probe_timeout_seconds,
    fall: config.probe_fall,
    rise: config.probe_rise,
  });
}
