import { startAws } from './aws/server';
import { createWorld } from './aws/world';
import { prepareT0 } from './estates/t0-story';
import { startKonnect } from './konnect/konnect';
import { openLoopback } from './loopback';
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
export async function serveSandbox(ports = servedPorts): Promise<Served> {
  const ground = { world: createWorld(), loopback: await openLoopback() };
  const { open } = await prepareT0(ground);
  const aws = await startAws(ground.world, { port: ports.aws });
  const konnect = await startKonnect({
    controlPlanes: [{ name: controlPlaneName }],
    token,
    port: ports.konnect,
  });
  const estate = await open({ host: '127.0.0.1', port: ports.gateway });
  const close = async () => void (await Promise.all([estate.close(), aws.close(), konnect.close()]));
  return { awsUrl: aws.url, konnectUrl: konnect.url, door: estate.door, close };
}
