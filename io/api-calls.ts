import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { type ErrorCode, PrivatelinkError } from '#core/errors';

/** One try of a call to an API. */
export type ApiCall = {
  /** `ec2`, `konnect` and the like. */
  readonly api: string;
  /** The API's own name of the action, or its method: never a text of somebody else. */
  readonly action: string;
  readonly result: 'ok' | ErrorCode;
  /** The stage of the call. A call made once for all stages has the stage that made it first. */
  readonly stage?: string;
};

/**
 * The caller is many layers below the counter, and most processes count nothing. Node's diagnostics
 * channel costs nothing without a listener.
 */
const calls = channel('kong-privatelink:api-call');

const stages = new AsyncLocalStorage<string>();

/** Does the work, and names the stage in each of its calls. The only control plane has no name. */
export function inStage<T>(stage: string | undefined, work: () => T): T {
  return stage === undefined ? work() : stages.run(stage, work);
}

/** Hears of each call of this thread from now on. Returns a function that ends the listening. */
export function onCall(listener: (call: ApiCall) => void): () => void {
  const hear = (message: unknown) => listener(message as ApiCall);
  calls.subscribe(hear);
  return () => void calls.unsubscribe(hear);
}

type Results<T> = {
  /** `ok` when absent. */
  readonly ofAnswer?: (answer: T) => ApiCall['result'];
  /**
   * The code of a PrivatelinkError when absent. The call is not told where this returns undefined.
   */
  readonly ofThrown?: (thrown: unknown) => ApiCall['result'] | undefined;
};

/** Makes a call and tells its result. A call that rejects with the signal's reason is not told. */
export async function telling<T>(
  call: Pick<ApiCall, 'api' | 'action'>,
  run: () => Promise<T>,
  { ofAnswer = () => 'ok', ofThrown = ownCode }: Results<T> = {},
): Promise<T> {
  try {
    const answer = await run();
    tell({ ...call, result: ofAnswer(answer) });
    return answer;
  } catch (thrown) {
    const result = ofThrown(thrown);
    if (result) tell({ ...call, result });
    throw thrown;
  }
}

function ownCode(thrown: unknown): ErrorCode | undefined {
  return thrown instanceof PrivatelinkError ? thrown.code : undefined;
}

function tell(call: ApiCall): void {
  if (calls.hasSubscribers) calls.publish({ ...call, stage: stages.getStore() });
}
