import { expect, it } from '@jest/globals';
import { withStages } from '#sync/watch/metrics/of-stages';
import { createMetrics } from '#sync/watch/metrics/store';

const passes = 'kong_privatelink_passes_total';
const failed = 'kong_privatelink_passes_failed_total';
const duration = 'kong_privatelink_pass_duration_seconds';

it('the stage is added to the labels of each series, except those of the process', () => {
  const [process, eu, us] = [createMetrics(), createMetrics(), createMetrics()];
  process.set('kong_privatelink_config_in_use', 1);
  eu.add(passes);
  us.add(passes, 2);
  us.add(failed, 1, { code: 'UNREACHABLE' });
  us.observe(duration, 0.2);

  const samples = withStages(process.samples(), [
    { stage: 'eu', samples: eu.samples() },
    { stage: 'us', samples: us.samples() },
  ]);

  expect(samples[passes]).toEqual({ '{stage="eu"}': 1, '{stage="us"}': 2 });
  expect(samples[failed]).toMatchObject({ '{code="UNREACHABLE",stage="us"}': 1 });
  expect(samples[duration]).toMatchObject({ '_bucket{le="0.25",stage="us"}': 1, '_count{stage="eu"}': 0 });
  expect(samples.kong_privatelink_config_in_use).toEqual({ '': 1 });
});

it('the only control plane has no label', () => {
  const only = createMetrics();
  only.add(passes);

  expect(withStages(createMetrics().samples(), [{ stage: undefined, samples: only.samples() }])[passes]).toEqual({
    '': 1,
  });
});

it('the metrics show no success while there is no stage', () => {
  const samples = withStages(createMetrics().samples(), []);

  expect(samples.kong_privatelink_last_success_timestamp_seconds).toEqual({ '': 0 });
});
