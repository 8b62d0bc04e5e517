import { connect, type Socket } from 'node:net';
import { frameOf } from '../protocol/frames';
import { encodeReturn } from '../protocol/rpc';

/** Calls on the same way as Kong's. */
export type TrialCalls = {
  /** Makes a call, unless one is running. */
  readonly make: () => void;
  readonly stop: () => void;
};

/** A call with only a number looks like its own return. */
const call = frameOf(encodeReturn(1));

/**
 * Calls the socket's server as Kong does, each time on a new connection, and calls `onAnswer`. A
 * process may live and serve old connections without ever accepting a new one.
 */
export function createTrialCalls(socketPath: string, onAnswer: () => void): TrialCalls {
  let underWay: Socket | undefined;

  function make(): void {
    if (underWay && !underWay.destroyed) return;
    const socket = connect(socketPath);
    underWay = socket;
    // The next call is made anyway.
    socket.on('error', () => {});
    socket.once('data', () => {
      onAnswer();
      socket.destroy();
    });
    socket.write(call);
  }

  return { make, stop: () => void underWay?.destroy() };
}
