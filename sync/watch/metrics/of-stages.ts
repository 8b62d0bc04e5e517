import { labelText, type Samples, type Series } from '#io/metrics/text';
import { stageMetrics } from './table';

/** Samples of one stage. The only control plane has no name. */
export type StageSamples = { readonly stage: string | undefined; readonly samples: Samples };

/**
 * Joins the samples of the process and of its stages. Named stages get the label `stage`. Without a
 * stage all samples are the process's.
 */
export function withStages(process: Samples, stages: readonly StageSamples[]): Samples {
  if (stages.length === 0) return process;
  const ofStages = Object.keys(stageMetrics).map((metric) => {
    const series = stages.flatMap(({ stage, samples }) => Object.entries(labelled(samples[metric] ?? {}, stage)));
    // Process and stages count different calls.
    return [
      metric,
      { ...(metric === 'kong_privatelink_api_calls_total' ? process[metric] : {}), ...Object.fromEntries(series) },
    ];
  });
  return { ...process, ...Object.fromEntries(ofStages) };
}

function labelled(series: Series, stage: string | undefined): Series {
  if (stage === undefined) return series;
  const label = labelText({ stage });
  const entries = Object.entries(series).map(([name, value]) => {
    const text = name.endsWith('}') ? `${name.slice(0, -1)},${label.slice(1)}` : `${name}${label}`;
    return [text, value];
  });
  return Object.fromEntries(entries);
}
