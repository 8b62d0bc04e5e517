import { pipeline, Readable, Transform } from 'node:stream';
import type { FromTemporaryCredentialsOptions } from '@aws-sdk/credential-providers';

export type AnswerLimits = {
  /** For one try of a call as a whole: to connect, the headers, and the body to its end. */
  readonly timeoutMs: number;
  /** Of the body. */
  readonly maxBytes: number;
};

/** What the SDK's clients take as a plugin. */
type Plugin = NonNullable<FromTemporaryCredentialsOptions['clientPlugins']>[number];

/** Ends an answer at the limits, which the SDK does not: its own time-outs end with the headers, or begin anew with each byte (fm-54). */
export function limitAnswers(limits: AnswerLimits): Plugin {
  return {
    applyToStack: (stack) =>
      stack.add(
        (next) => async (args) => {
          const untilMs = performance.now() + limits.timeoutMs;
          const result = await next(args);
          const { response } = result;
          if (hasBody(response)) response.body = limited(response.body, untilMs - performance.now(), limits);
          return result;
        },
        // The lowest priority of this step is nearest to the connection: the SDK's parser reads what this gives.
        { step: 'deserialize', priority: 'low', name: 'limitAnswers' },
      ),
  };
}

function hasBody(response: unknown): response is { body: Readable } {
  return typeof response === 'object' && response !== null && 'body' in response && response.body instanceof Readable;
}

function limited(body: Readable, leftMs: number, { timeoutMs, maxBytes }: AnswerLimits): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`the answer has more than ${maxBytes / 2 ** 20} MiB`));
      else done(null, chunk);
    },
  });
  const timer = setTimeout(() => counted.destroy(lateness(timeoutMs)), leftMs).unref();
  pipeline(body, counted, () => clearTimeout(timer));
  return counted;
}

/** By a name that the SDK tries again for. */
function lateness(timeoutMs: number): Error {
  const late = new Error(`the answer was not whole after ${timeoutMs / 1_000} s`);
  return Object.assign(late, { name: 'TimeoutError' });
}
