import { z } from 'zod';
import type { JsonObject } from '#core/model';
import type { Pdk, PdkCall, PluginServerDriver } from './driver';
import { createWire, type Wire } from './wire';

/** Drives the stock server: MsgPack:1. */
export function createMsgpackDriver(socketPath: string): PluginServerDriver {
  const wire = createWire(socketPath);
  return {
    startInstance: (name, config) => startInstance(wire, name, config),
    handleEvent: (instanceId, phase, pdk) => handleEvent(wire, { InstanceId: instanceId, EventName: phase }, pdk),
    close: wire.close,
  };
}

const instanceSchema = z.object({ Id: z.number() });

async function startInstance({ call }: Wire, name: string, config: JsonObject): Promise<number> {
  return instanceSchema.parse(await call('StartInstance', { Name: name, Config: JSON.stringify(config) })).Id;
}

const stepSchema = z.object({
  EventId: z.number(),
  Data: z.union([z.literal('ret'), z.object({ Method: z.string(), Args: z.array(z.unknown()) })]),
});

async function handleEvent({ call }: Wire, event: object, pdk: Pdk): Promise<readonly PdkCall[]> {
  const calls: PdkCall[] = [];
  let step = stepSchema.parse(await call('HandleEvent', event));
  while (step.Data !== 'ret') {
    const { Method: method, Args: args } = step.Data;
    calls.push({ method, args });
    const { EventId } = step;
    const answer = await pdk(method, args).then(
      (value) => ({ method: 'Step', value: value ?? null }),
      (thrown: unknown) => ({ method: 'StepError', value: String(thrown) }),
    );
    // In Kong the request ends inside this call, and nobody asks the server for more.
    if (method === 'kong.response.exit') break;
    step = stepSchema.parse(await call(answer.method, { EventId, Data: answer.value }));
  }
  return calls;
}
