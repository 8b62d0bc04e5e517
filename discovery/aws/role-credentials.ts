import { PrivatelinkError } from '#core/errors';
import type { Clock, Clocks } from '#core/timing/clock';
import type { AccountScope } from './accounts';

/** Temporary credentials, as the SDK's clients take them. */
export type RoleKeys = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};

export type RoleOptions = {
  /** Takes the role, through the scope's region. Throws PrivatelinkError. */
  readonly assume: (scope: AccountScope) => Promise<RoleKeys>;
  readonly clock: Clock;
};

/** Gives a scope the credentials of its role; throws what `assume` throws. */
export type RoleCredentials = (scope: AccountScope) => Promise<RoleKeys>;

/** Renewed by then, as the SDK renews its own (`EXPIRATION_MS` of @smithy/core): a call that is under way goes on with them. */
const renewedBeforeMs = 300_000;

/** Within these a session of a role that another role takes always lives (AssumeRole, `DurationSeconds`): what a wrong clock makes of `Expiration` does not count. */
const shortestLifeMs = 900_000;
const longestLifeMs = 3_600_000;

/** So long a region waits for what another one asks; then it asks by itself, so that no region lives on the STS of another. */
const patienceMs = 3_000;

type Held = { readonly keys: RoleKeys; readonly lifeMs: number; readonly takenAt: Readings };
type Readings = { readonly wallMs: number; readonly monotonicMs: number };
type Refusal = { readonly error: PrivatelinkError; readonly told: Set<string> };

/**
 * One role's credentials for all of its regions and sources: taken by whoever needs them first. A refusal counts for every scope, and each
 * asks again only after it was told; any other failure is that of the region alone.
 */
export function createRoleCredentials({ assume, clock }: RoleOptions): RoleCredentials {
  const asking = new Map<string, Promise<RoleKeys>>();
  let held: Held | undefined;
  let refusal: Refusal | undefined;

  const ask = async (scope: AccountScope) => {
    const takenAt = readingsOf(clock);
    try {
      const keys = await assume(scope);
      held = { keys, lifeMs: lifeOf(keys, takenAt), takenAt };
      refusal = undefined;
      return keys;
    } catch (thrown) {
      if (isRefusal(thrown)) refusal = { error: thrown, told: new Set() };
      throw thrown;
    } finally {
      asking.delete(scope.region);
    }
  };
  const askOnce = (scope: AccountScope) => {
    const asked = asking.get(scope.region) ?? ask(scope);
    asking.set(scope.region, asked);
    return asked;
  };
  /** The keys, while they live for longer than that. */
  const living = (leftMs = 0) => (held && ageOf(held, clock) < held.lifeMs - leftMs ? held.keys : undefined);
  /** What is known of the role, for a scope that was not told of it yet. */
  const known = ({ id }: AccountScope) => {
    const fresh = living(renewedBeforeMs);
    if (fresh || !refusal || refusal.told.has(id)) return fresh;
    refusal.told.add(id);
    const last = living();
    if (last) return last;
    throw refusal.error;
  };

  return async (scope) => {
    const atOnce = known(scope);
    if (atOnce) return atOnce;
    const [other] = asking.values();
    if (other) await settledWithin(other, patienceMs, clock);
    const meanwhile = known(scope);
    if (meanwhile) return meanwhile;
    const asked = askOnce(scope);
    // Whoever has keys that still live does without the new ones.
    if (living()) await settledWithin(asked, patienceMs, clock);
    try {
      return living() ?? (await asked);
    } finally {
      refusal?.told.add(scope.id);
    }
  };
}

/** STS answered, and no region would answer otherwise; an explicit deny may be of a policy that leaves out some regions. */
function isRefusal(thrown: unknown): thrown is PrivatelinkError {
  return thrown instanceof PrivatelinkError && thrown.code === 'ACCESS_DENIED' && !/explicit deny/i.test(thrown.reason);
}

function readingsOf(clock: Clocks): Readings {
  return { wallMs: clock.now(), monotonicMs: clock.monotonicMs() };
}

function lifeOf({ expiration }: RoleKeys, { wallMs }: Readings): number {
  return Math.min(Math.max(expiration.getTime() - wallMs, shortestLifeMs), longestLifeMs);
}

/** By the clock that went further: the wall clock may be set back, and the other stands still while the machine sleeps. */
function ageOf({ takenAt }: Held, clock: Clocks): number {
  const { wallMs, monotonicMs } = readingsOf(clock);
  return Math.max(wallMs - takenAt.wallMs, monotonicMs - takenAt.monotonicMs);
}

/** Resolves when the work has ended in any way, or the time is over. */
async function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  const ended = work.then(
    () => {},
    () => {},
  );
  const late = clock.sleep(ms, over.signal).catch(() => {});
  await Promise.race([ended, late]);
  over.abort();
}
