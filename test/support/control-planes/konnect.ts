import type { KonnectConfig } from '#config/schema';
import type { Domain } from '#core/claims/settle';
import { uuidOf } from '#core/uuid';
import { renderDesired } from '#deck/desired';
import { type Document, parentNameOf } from '#deck/document';
import { uuidName } from '#deck/keys';
import { type Konnect, type KonnectOptions, startKonnect } from '#sandbox/konnect/konnect';
import type { EntityControlPlane } from '#sync/control-planes/control-plane';
import { type ConnectOptions, connectKonnect } from '#sync/control-planes/konnect/control-plane';
import type { Change } from '#sync/plan/changes';
import { createFakeClock } from '../passes';

/**
 * The Konnect stand-in with one control plane `prod`, and the product's backend connected to it.
 */

export const owner = 'test';
export const token = 'kpat_secret-of-the-test';
export const signal = new AbortController().signal;

export type Stage = {
  readonly konnect: Konnect;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly plane: EntityControlPlane;
  /** Another backend on the same stand-in. */
  readonly connect: (over?: Partial<KonnectConfig>, options?: ConnectOptions) => EntityControlPlane;
};

export async function startStage(options: Partial<KonnectOptions> = {}): Promise<Stage> {
  const clock = createFakeClock(1_800_000_000_000);
  // Its own time: what somebody does to this machine's clock is not done to Konnect's.
  const now = () => 1_800_000_000_000 + clock.monotonicMs();
  const konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token, now, ...options });
  const config: KonnectConfig = { type: 'konnect', address: konnect.url, name: 'prod', token, concurrency: 4 };
  const connect: Stage['connect'] = (over, rest) =>
    connectKonnect({ ...config, ...over }, owner, { clock, random: () => 0.5, ...rest });
  return { konnect, clock, plane: connect(), connect };
}

/** What the product wants to hold for a domain with that many addresses. */
export function documentOf(name: string, addresses: number, tagsOf = owner): Document {
  const targets = Array.from({ length: addresses }, (_, index) => ({
    ip: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    port: 80,
    region: 'us-east-1',
    weight: 100,
    endpointId: 'vpce-1',
    scopeId: 'hub.self.us-east-1',
  }));
  const domain: Domain = { name, protocol: 'http', paths: [`/${name}`], stripPath: true, targets };
  const settings = { [name]: { plugins: [{ name: 'rate-limiting', config: { minute: 600, policy: 'local' } }] } };
  return renderDesired({ owner: tagsOf, domains: [domain], settings });
}

/** The changes that create a document, as a plan has them. */
export function createsOf(document: Document): readonly Change[] {
  return document.map((after) => ({
    action: 'create',
    kind: after.kind,
    key: after.key,
    id: uuidOf(uuidName(after)),
    parentId: after.parent && uuidOf(parentNameOf(after) ?? ''),
    domain: after.domain,
    reason: 'test',
    after,
  }));
}

export async function writeAll(plane: EntityControlPlane, changes: readonly Change[]): Promise<void> {
  for (const change of changes) await plane.write(change, signal);
}
