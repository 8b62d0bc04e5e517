import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileSchema, type StagedConfig, stagedOf } from '#config/stages';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { createSelection, type LabelSelection } from '#sync/rollout/selection';
import { signal, token } from '../../support/control-planes/konnect';

let konnect: Konnect;
let labels: Record<string, string>[];
let selection: LabelSelection;

beforeEach(async () => {
  labels = ['eu', 'us'].map((stage) => ({ env: 'prod', stage }));
  const controlPlanes = labels.map((own) => ({ name: `gateway-${own.stage}`, labels: own }));
  konnect = await startKonnect({ controlPlanes, token });
  selection = createSelection();
});

afterEach(() => konnect.close());

function staged(...more: readonly object[]): StagedConfig {
  const selecting = { type: 'konnect', address: konnect.url, select: { env: 'prod' }, token };
  const sources = [{ name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] }];
  return stagedOf(fileSchema.parse({ owner: 'test', sources, controlPlanes: [...more, selecting] }));
}

const lab = { stage: 'lab', type: 'file', path: '/tmp/kong.yaml' };
const stages = (config: StagedConfig) => selection.stages(config).configs.map(({ stage }) => stage);

describe('the stages that labels select', () => {
  it('are empty until the first listing, and there at once after it', async () => {
    const config = staged(lab);
    const before = stages(config);
    const { isChanged } = await selection.refresh(config, signal);

    expect([before, isChanged, stages(config)]).toEqual([['lab'], true, ['lab', 'eu', 'us']]);
    expect(selection.stages(config).configs[1]).toMatchObject({ controlPlane: { name: 'gateway-eu', token } });
  });

  it('change when a label changed, and otherwise stay', async () => {
    const config = staged();
    await selection.refresh(config, signal);
    const same = await selection.refresh(config, signal);
    Object.assign(labels[1] ?? {}, { env: 'test' });
    const { isChanged } = await selection.refresh(config, signal);

    expect([same, isChanged, stages(config)]).toEqual([{ isChanged: false, problem: undefined }, true, ['eu']]);
  });

  it('stay while Konnect does not answer, or selects nothing, and the problem says why', async () => {
    const config = staged(lab);
    await selection.refresh(config, signal);
    konnect.inject({ kind: 'status', status: 403 });
    const refused = await selection.refresh(config, signal);
    for (const own of labels) own.env = 'test';
    const none = await selection.refresh(config, signal);

    expect([refused.isChanged, none.isChanged]).toEqual([false, false]);
    expect(refused.problem).toContain('403');
    expect(none.problem).toContain('has label env: prod');
    expect(stages(config)).toEqual(['lab', 'eu', 'us']);
  });

  it('are refused where a listed stage has the name of a selected stage', async () => {
    const config = staged({ ...lab, stage: 'eu' });
    await selection.refresh(config, signal);

    expect(() => selection.stages(config).configs).toThrow('two stages are named eu');
  });

  it('end with the signal', async () => {
    const aborted = AbortSignal.abort(new Error('stopped'));

    await expect(selection.refresh(staged(), aborted)).rejects.toThrow('stopped');
  });
});
