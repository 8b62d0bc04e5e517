import { z } from 'zod';
import { waitMessages } from '#core/messages/plans';
import { stageSteps } from '../../rollout/advance/progress';

const text = z.string();
const revision = text.regex(/^[0-9a-f]{12}$/);

/** Of a stage that waits for its turn. */
export const waits = z
  .strictObject({
    revision: revision.describe('what it stays at'),
    newest: revision.describe('what it would run'),
    kind: z
      .enum(Object.keys(waitMessages) as [keyof typeof waitMessages])
      .describe('whether an earlier stage is not done, halted, waits for a person or is pinned; or all stages wait'),
    stage: text.optional().describe('the earlier stage'),
    reason: text.describe('why, for people'),
    until: text.optional().describe('when a freeze ends, in ISO 8601'),
  })
  .meta({ id: 'waits' });

const sample = z
  .strictObject({
    kind: z.enum(['pass', 'fail', 'inconclusive', 'pending']).describe('what it says'),
    said: text.describe('what was seen, for people'),
    value: z.number().optional().describe('what was measured, where that is a number'),
  })
  .meta({ id: 'sample of a gate' });

/** How far a stage is. */
export const progress = z
  .strictObject({
    stage: text.describe('which stage'),
    step: z
      .enum(stageSteps)
      .describe(
        'how far it is; `done`: it runs the newest revision, and nothing is left to prove; `due`: its turn has come, and the next pass writes it',
      ),
    revision: revision.optional().describe('what it runs; absent: not known'),
    newest: revision.optional().describe('what it would run, where that is another one'),
    reason: text.optional().describe('what it waits for, or what came of its trial'),
    until: text.optional().describe('when that is expected, in ISO 8601'),
    gates: z.record(text, sample).optional().describe('what its gates said last, by their names'),
  })
  .meta({ id: 'progress' });

const check = z
  .strictObject({
    name: text.describe('the gate'),
    kind: z.enum(['pass', 'fail', 'inconclusive', 'pending']).describe('what it says of the present'),
    said: text.describe('what was seen, for people'),
  })
  .meta({ id: 'check of a gate' });

type Fields<R extends z.ZodRawShape, W extends z.ZodRawShape> = { readonly report: R; readonly written: W };

/** What `rollout` prints, from the fields of reports. */
export function rolloutOutputs<R extends z.ZodRawShape, W extends z.ZodRawShape>({ report, written }: Fields<R, W>) {
  const planned = z.strictObject({ ...report, progress, checks: z.array(check).describe('what the gates say') });
  const unplanned = z.strictObject({ progress, checks: z.array(check).describe('what the gates say') });
  return {
    rollout: z
      .strictObject({ ...report, ...written, progress: progress.optional().describe('how far the stage is') })
      .meta({ id: 'rollout' }),
    'rollout --dry-run': z
      .strictObject({ stages: z.array(z.union([planned, unplanned])).describe('in the order of their turns') })
      .meta({ id: 'rollout --dry-run' }),
    'rollout status': z
      .strictObject({
        stages: z.array(progress).describe('in the order of their turns'),
        paused: text.optional().describe('who paused the rollout, and when'),
      })
      .meta({ id: 'rollout status' }),
    'rollout with an order': z
      .strictObject({
        order: text.describe('what was said'),
        said: text.describe('what comes of it, for people'),
      })
      .meta({ id: 'rollout with an order' }),
  } as const;
}
