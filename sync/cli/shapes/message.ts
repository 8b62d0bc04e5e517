import { z } from 'zod';
import { type MessageKind, messageKinds } from '#core/messages/registry';

const text = z.string();

const cause = z
  .strictObject({
    cause: text.describe('the cause'),
    fix: text.describe('the fix'),
    command: text.optional().describe('command to run'),
  })
  .meta({ id: 'cause' });

/** Output of `explain --json` for a code. */
export const messageEntry = z
  .strictObject({
    id: text.describe('the code; stable'),
    kind: z.enum(Object.keys(messageKinds) as [MessageKind]).describe('topic of the code'),
    text: text.describe('what happened'),
    causes: z.array(cause).describe('one or more causes'),
    exitCode: z.int().optional().describe('exit code; absent: no exit code depends on it'),
    exitWhen: text.optional().describe('case in which a command ends with the exit code'),
    transient: z.boolean().optional().describe('for an error: whether a retry may help without any change'),
    see: text.optional().describe('page of the manual with more'),
  })
  .meta({ id: 'explain of a code' });
