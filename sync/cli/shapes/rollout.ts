import { z } from 'zod';
import { waitMessages } from '#core/messages/plans';
import { stageSteps } from '../../rollout/advance/progress';

const text = z.string();
const revision = text.regex(/^[0-9a-f]{12}$/);

/** A stage that waits for its turn. */
export const waits = z
  .strictObject({
    revision: revision.describe('current revision'),
    newest: revision.describe('revision that waits'),
    kind: z
      .enum(Object.keys(waitMessages) as [keyof typeof waitMessages])
      .describe('cause: an earlier stage is not done, halted, waits for an approval or is pinned; or all stages wait'),
    stage: text.optional().describe('the earlier stage'),
    reason: text.describe('reason, for people'),
    until: text.optional().describe('end of a freeze, in ISO 8601'),
  })
  .meta({ id: 'waits' });

const sample = z
  .strictObject({
    kind: z.enum(['pass', 'fail', 'inconclusive', 'pending']).describe('result of the gate'),
    said: text.describe('observation of the gate, for people'),
    value: z.number().optional().describe('measured number, where the gate has one'),
  })
  .meta({ id: 'sample of a gate' });

/** Progress of a stage. */
export const progress = z
  .strictObject({
    stage: text.describe('name of the stage'),
    step: z
      .enum(stageSteps)
      .describe(
        'current step; `done`: the stage runs the newest revision, and its trial is over; `due`: the next pass writes the revision',
      ),
    revision: revision.optional().describe('current revision; absent: not known'),
    newest: revision.optional().describe('newest revision, where it differs'),
    reason: text.optional().describe('reason of the wait, or result of the trial'),
    until: text.optional().describe('expected end of the wait, in ISO 8601'),
    gates: z.record(text, sample).optional().describe('last result of each gate, by name'),
  })
  .meta({ id: 'progress' });

const check = z
  .strictObject({
    name: text.describe('the gate'),
    kind: z.enum(['pass', 'fail', 'inconclusive', 'pending']).describe('result of the gate now'),
    said: text.describe('observation of the gate, for people'),
  })
  .meta({ id: 'check of a gate' });

type Fields<R extends z.ZodRawShape, W extends z.ZodRawShape> = { readonly report: R; readonly written: W };

/** Outputs of `rollout`, from the fields of reports. */
export function rolloutOutputs<R extends z.ZodRawShape, W extends z.ZodRawShape>({ report, written }: Fields<R, W>) {
  const planned = z.strictObject({ ...report, progress, checks: z.array(check).describe('results of the gates now') });
  const unplanned = z.strictObject({ progress, checks: z.array(check).describe('results of the gates now') });
  return {
    rollout: z
      .strictObject({ ...report, ...written, progress: progress.optional().describe('progress of the stage') })
      .meta({ id: 'rollout' }),
    'rollout --dry-run': z
      .strictObject({ stages: z.array(z.union([planned, unplanned])).describe('in the order of their turns') })
      .meta({ id: 'rollout --dry-run' }),
    'rollout status': z
      .strictObject({
        stages: z.array(progress).describe('in the order of their turns'),
        paused: text.optional().describe('author and time of the pause'),
      })
      .meta({ id: 'rollout status' }),
    'rollout with an order': z
      .strictObject({
        order: text.describe('the order'),
        said: text.describe('effect of the order, for people'),
      })
      .meta({ id: 'rollout with an order' }),
  } as const;
}
