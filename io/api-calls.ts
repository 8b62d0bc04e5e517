import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { type ErrorCode, PrivatelinkError } from '#core/errors';

/** One try of a call to an API. */
export type ApiCall = {
  /** `ec2`, `konnect` and the like. */
  readonly api: string;
  /** What the API itself calls it, or its method: never a text of somebody else. */
  readonly action: string;
  readonly result: 'ok' | ErrorCode;
  /** For which of several control planes the call was made; of what is done once for all, for which one first. */
  readonly stage?: string;
};

/** Whoever calls is many layers below whoever counts, and most processes count nothing: Node's own way to tell, which costs nothing where nobody listens. */
const calls = channel('kong-privatelink:api-call');

const stages = new AsyncLocalStorage<string>();

/** Does the work, whose calls are told with the name of the stage; the only control plane has none. */
export function inStage<T>(stage: string | undefined, work: () => T): T {
  return stage === undefined ? work() : stages.run(stage, work);
}

/** Hears of each call of this thread from now on; what it gives ends that. */
export function onCall(listener: (call: ApiCall) => void): () => void {
  const hear = (message: unknown) => listener(message as ApiCall);
  calls.subscribe(hear);
  return () => void calls.unsubscribe(hear);
}

type Results<T> = {
  /** `ok` where none is given. */
  readonly ofAnswer?: (answer: T) => ApiCall['result'];
  /** The code of a PrivatelinkError where none is given; what gives nothing is not told. */
  readonly ofThrown?: (thrown: unknown) => ApiCall['result'] | undefined;
};

/** Makes a call and tells how it ended; one that was stopped, and says so by the signal's reason, is not told. */
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
