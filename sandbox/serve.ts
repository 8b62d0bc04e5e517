import { startAws } from './aws/server';
import { createWorld } from './aws/world';
import { prepareT0 } from './estates/t0-story';
import { startKonnect } from './konnect/konnect';
import { openLoopback } from './loopback';
import { openAll } from './opened';
import { controlPlaneName, token } from './product';

/** Where docker-compose.yml expects them; the gateway is Kong's own port. */
export const servedPorts = { aws: 9001, konnect: 9002, gateway: 8000 };

export type Served = {
  readonly awsUrl: string;
  readonly konnectUrl: string;
  /** Where SD1 reaches the gateway, with a path. */
  readonly door: string;
  readonly close: () => Promise<void>;
};

/** Starts AWS, Konnect and the domains of estate T0 on loopback, for a gateway of your own on 127.0.0.1. */
export function serveSandbox(ports = servedPorts): Promise<Served> {
  return openAll(async (opened) => {
    const ground = { world: createWorld(), loopback: await openLoopback() };
    const { open } = await prepareT0(ground);
    const aws = opened.add(await startAws(ground.world, { port: ports.aws }));
    const controlPlanes = [{ name: controlPlaneName }];
    const konnect = opened.add(await startKonnect({ controlPlanes, token, port: ports.konnect }));
    const estate = opened.add(await open({ host: '127.0.0.1', port: ports.gateway }));
    return { awsUrl: aws.url, konnectUrl: konnect.url, door: estate.door, close: opened.close };
  });
}
