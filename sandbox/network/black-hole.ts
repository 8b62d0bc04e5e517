import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export type BlackHole = { readonly port: number; readonly close: () => Promise<void> };

/** Listens, reports, then blocks for good: connections wait in the accept queue. */
const listenAndBlock = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ ...workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** Linux keeps backlog + 1 connections; one more than that makes sure. */
const queueLength = 3;

/**
 * Swallows connections to `address` as a deleted network interface does, on Linux: its accept queue
 * is full, so the kernel drops every further connection attempt. Rejects when the port is taken.
 */
export async function startBlackHole(address: string, port = 0): Promise<BlackHole> {
  const worker = new Worker(listenAndBlock, { eval: true, workerData: { host: address, port } });
  const [chosen]: number[] = await once(worker, 'message');
  const queued = await Promise.all(Array.from({ length: queueLength }, () => enqueue(address, chosen ?? port)));
  const close = async () => {
    for (const socket of queued) socket.destroy();
    await worker.terminate();
  };
  return { port: chosen ?? port, close };
}

/** Connects, or gives up after a moment because the queue is full already. */
function enqueue(host: string, port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = () => resolve(socket);
    socket.setTimeout(100, settle).once('connect', settle).on('error', settle);
  });
}
