import { z } from 'zod';
import { type MessageKind, messageKinds } from '#core/messages/registry';

const text = z.string();

const cause = z
  .strictObject({
    cause: text.describe('why it happens'),
    fix: text.describe('what to do'),
    command: text.optional().describe('what to type'),
  })
  .meta({ id: 'cause' });

/** What `explain --json` prints of a code. */
export const messageEntry = z
  .strictObject({
    id: text.describe('the code; stable'),
    kind: z.enum(Object.keys(messageKinds) as [MessageKind]).describe('what the code is about'),
    text: text.describe('what happened'),
    causes: z.array(cause).describe('one or more'),
    exitCode: z.int().optional().describe('the exit code; absent: none depends on it'),
    exitWhen: text.optional().describe('when a command ends with it'),
    transient: z
      .boolean()
      .optional()
      .describe('of an error: whether a retry may help although nobody changes anything'),
    see: text.optional().describe('the page of the manual with more'),
  })
  .meta({ id: 'explain of a code' });
