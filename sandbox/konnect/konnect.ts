import type { JsonObject } from '#core/model';
import { createFaults, type Faults } from './faults';
import { createPlane, type Measures, type NodeReport, type Plane, type PlaneTraits } from './plane';
import { refused } from './refusal';
import { answer } from './routes';
import type { KindPath } from './schemas';
import { listen, type RecordedCall, type Respond, responderOf, type Traffic } from './serve';
import type { StoredEntity } from './table';

export type KonnectOptions = {
  readonly controlPlanes: readonly (PlaneTraits & { readonly name: string })[];
  readonly token: string;
  /** Default: chosen by the system. */
  readonly port?: number;
  /** Largest page, whatever `size` asks for; default 1000, as Konnect. */
  readonly pageCap?: number;
  /** The clock for the date of answers; default the wall clock. */
  readonly now?: () => number;
};

/** A stand-in of Konnect in memory, on loopback: the control-plane API used by kong-privatelink. */
export type Konnect = {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  /** The most calls that were under way together since the last reset. */
  readonly peakCalls: () => number;
  readonly resetCalls: () => void;
  readonly inject: Faults['inject'];
  /** The id of a control plane, as in the paths of `calls`. */
  readonly idOf: (controlPlane: string) => string;
  readonly entities: (controlPlane: string, kind: KindPath) => readonly StoredEntity[];
  /** Puts an entity there as somebody else would; throws when Konnect would refuse it. */
  readonly seed: (controlPlane: string, kind: KindPath, body: JsonObject) => StoredEntity;
  readonly reportNode: (controlPlane: string, node: NodeReport) => void;
  /** Sets the analytics from now on; undefined: no request. */
  readonly setMeasures: (controlPlane: string, measures: Measures | undefined) => void;
  readonly configHash: (controlPlane: string) => string;
  readonly close: () => Promise<void>;
};

/** Listens on 127.0.0.1; rejects when the port is taken. */
export async function startKonnect(options: KonnectOptions): Promise<Konnect> {
  const { now = Date.now } = options;
  const planes = options.controlPlanes.map(({ name, ...traits }) => createPlane(name, traits));
  const faults = createFaults();
  const traffic: Traffic = { calls: [], running: 0, peak: 0 };
  const respond = responder(planes, options.token, options.pageCap ?? 1000);
  const served = { respond, traffic, takeFault: faults.take, now: options.now };
  const { url, close } = await listen(served, options.port);
  return {
    url,
    calls: traffic.calls,
    peakCalls: () => traffic.peak,
    resetCalls: () => {
      traffic.calls.length = 0;
      traffic.peak = traffic.running;
    },
    inject: faults.inject,
    idOf: (name) => planeNamed(planes, name).id,
    entities: (name, kind) => planeNamed(planes, name).store.values(kind),
    seed: (name, kind, body) => {
      const id = typeof body.id === 'string' ? body.id : undefined;
      return planeNamed(planes, name).store.put(kind, id, body);
    },
    reportNode: (name, node) =>
      void planeNamed(planes, name).nodes.set(node.id, { lastPing: Math.floor(now() / 1000), ...node }),
    setMeasures: (name, measures) => {
      planeNamed(planes, name).measures = measures;
    },
    configHash: (name) => planeNamed(planes, name).configHash(),
    close,
  };
}

function planeNamed(planes: readonly Plane[], name: string): Plane {
  const plane = planes.find((one) => one.name === name);
  if (!plane) throw new Error(`no control plane ${name} in this sandbox`);
  return plane;
}

function responder(planes: readonly Plane[], token: string, pageCap: number): Respond {
  return responderOf((call, headers) => {
    if (headers.authorization !== `Bearer ${token}`) throw refused(401, 'Unauthorized', 'Invalid credentials');
    return answer(call, planes, pageCap);
  });
}
