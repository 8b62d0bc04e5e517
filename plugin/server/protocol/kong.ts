import type { Kong } from '../../request/handler';
import { frameOf } from './frames';
import { encodeMessage, type Field } from './protobuf';

/** A PDK call on its way to Kong. */
export type PdkCall = {
  readonly method: string;
  /** The frames of its method and its arguments. */
  readonly frames: Uint8Array;
  /** Parses Kong's answer. */
  readonly parseAnswer: (answer: Uint8Array) => unknown;
};

/** The PDK of one connection. Each of its calls goes through `call`. */
export function createKong(call: (call: PdkCall) => PromiseLike<unknown>): Kong {
  return {
    service: {
      setUpstream: (name) => call(setUpstream(name, undefined)),
      setTarget: (host, port) => call(setTarget(host, port)),
      request: { setHeader: (name, value) => call(setHeader(value, name)) },
    },
    response: { exit: (status, body, headers) => call(exit(status, body, headers)) },
  };
}

/** `google.protobuf.Empty`. */
const nothing = () => undefined;

/** `Bool`. No bytes mean false. Kong sends nothing when the upstream does not exist. */
const trueOrNothing = (answer: Uint8Array) => answer.at(-1) === 1 || undefined;

const setUpstream = remember((name: string, _: undefined) =>
  pdkCall('kong.service.set_upstream', [[1, name]], trueOrNothing),
);

const setTarget = remember((host: string, port: number) =>
  pdkCall('kong.service.set_target', [
    [1, host],
    [2, port],
  ]),
);

const setHeader = remember((value: string, name: string) =>
  pdkCall('kong.service.request.set_header', [
    [1, name],
    [2, textValue(value)],
  ]),
);

function exit(status: number, body: string, headers: Readonly<Record<string, string>>): PdkCall {
  const entries = Object.entries(headers).map(([name, value]): Field => [1, keyValue(name, value)]);
  return pdkCall('kong.response.exit', [
    [1, status],
    [2, body],
    [3, encodeMessage(entries)],
  ]);
}

function pdkCall(method: string, args: readonly Field[], parseAnswer: PdkCall['parseAnswer'] = nothing): PdkCall {
  const frames = Buffer.concat([frameOf(Buffer.from(method)), frameOf(encodeMessage(args))]);
  return { method, frames, parseAnswer };
}

function keyValue(name: string, value: string): Uint8Array {
  return encodeMessage([
    [1, name],
    [2, textValue(value)],
  ]);
}

/** `google.protobuf.Value` of a text. */
function textValue(value: string): Uint8Array {
  return encodeMessage([[3, value]]);
}

/** Addresses and names come and go. A forgotten call is only encoded again. */
const rememberedLimit = 10_000;

/** An encoded call, and others with the same first argument. */
type Remembered<Second> = { readonly second: Second; readonly call: PdkCall; readonly next?: Remembered<Second> };

/**
 * Encodes each call once, because requests repeat the same calls. The lookup uses the argument that
 * differs most.
 */
function remember<Second>(make: (first: string, second: Second) => PdkCall) {
  const made = new Map<string, Remembered<Second>>();
  let count = 0;

  function makeAnew(first: string, second: Second): PdkCall {
    if (count >= rememberedLimit) made.clear();
    count = made.size === 0 ? 1 : count + 1;
    const call = make(first, second);
    made.set(first, { second, call, next: made.get(first) });
    return call;
  }

  return (first: string, second: Second): PdkCall => {
    for (let one = made.get(first); one; one = one.next) if (one.second === second) return one.call;
    return makeAnew(first, second);
  };
}
