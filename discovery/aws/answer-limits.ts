import { pipeline, Readable, Transform } from 'node:stream';
import type { FromTemporaryCredentialsOptions } from '@aws-sdk/credential-providers';

export type AnswerLimits = {
  /**
   * For the whole body, from the headers on. Before them the SDK's own request time-out applies.
   */
  readonly timeoutMs: number;
  readonly maxBytes: number;
};

/** The form of a plugin for the SDK's clients. */
export type ClientPlugin = NonNullable<FromTemporaryCredentialsOptions['clientPlugins']>[number];

/**
 * Ends an answer at the limits. The SDK has none: its own time-outs end with the headers, or
 * restart with each byte (fm-54).
 */
export function limitAnswers(limits: AnswerLimits): ClientPlugin {
  return {
    applyToStack: (stack) =>
      stack.add(
        (next) => async (args) => {
          const result = await next(args);
          const { response } = result;
          if (hasBody(response)) response.body = limited(response.body, limits);
          return result;
        },
        // The lowest priority of this step is nearest to the connection, before the SDK's parser.
        { step: 'deserialize', priority: 'low', name: 'limitAnswers' },
      ),
  };
}

function hasBody(response: unknown): response is { body: Readable } {
  return typeof response === 'object' && response !== null && 'body' in response && response.body instanceof Readable;
}

function limited(body: Readable, { timeoutMs, maxBytes }: AnswerLimits): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`the answer has more than ${maxBytes / 2 ** 20} MiB`));
      else done(null, chunk);
    },
  });
  const timer = setTimeout(() => counted.destroy(lateness(timeoutMs)), timeoutMs).unref();
  pipeline(body, counted, () => clearTimeout(timer));
  return counted;
}

/** The name makes the SDK retry the call. */
function lateness(timeoutMs: number): Error {
  const late = new Error(`the answer was not whole ${timeoutMs / 1_000} s after its headers`);
  return Object.assign(late, { name: 'TimeoutError' });
}
