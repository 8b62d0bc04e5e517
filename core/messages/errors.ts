import type { ErrorMessage } from './message';
import { readingErrors } from './reading-errors';
import { writingErrors } from './writing-errors';

/** Every error that the product has a code for; the type of codes follows from this table. */
export const errorMessages = { ...readingErrors, ...writingErrors };

/** Of errors without a code. */
export const unexpectedMessages = {
  UNEXPECTED: {
    text: 'The product met an error that it does not expect. This is a defect.',
    causes: [
      {
        cause: 'The code of the product, or of a library, is wrong.',
        fix: 'Report the defect with the whole message, the version and the command.',
        command: 'kong-privatelink version',
      },
    ],
    exit: { code: 1, when: 'always, but 130 where Ctrl-C stopped the command' },
    transient: false,
  },
} as const satisfies Readonly<Record<string, ErrorMessage>>;
