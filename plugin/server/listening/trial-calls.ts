import { connect, type Socket } from 'node:net';
import { frameOf } from '../protocol/frames';
import { encodeReturn } from '../protocol/rpc';

/** Calls on the way that Kong's take. */
export type TrialCalls = {
  /** Makes one, where none is under way. */
  readonly make: () => void;
  readonly stop: () => void;
};

/** A call of nothing but its number looks like its return. */
const call = frameOf(encodeReturn(1));

/**
 * Calls whoever serves the socket as Kong does, each time on a new connection, and tells `onAnswer`. A process may live, and serve the
 * connections that it has, and never get another one.
 */
export function createTrialCalls(socketPath: string, onAnswer: () => void): TrialCalls {
  let underWay: Socket | undefined;

  function make(): void {
    if (underWay && !underWay.destroyed) return;
    const socket = connect(socketPath);
    underWay = socket;
    // It is made again.
    socket.on('error', () => {});
    socket.once('data', () => {
      onAnswer();
      socket.destroy();
    });
    socket.write(call);
  }

  return { make, stop: () => void underWay?.destroy() };
}
