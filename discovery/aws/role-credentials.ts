import { PrivatelinkError } from '#core/errors';
import type { Clock, Clocks } from '#core/timing/clock';
import type { AccountScope } from './accounts';

/** Temporary credentials in the form of the SDK's clients. */
export type RoleKeys = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};

export type RoleOptions = {
  /** Assumes the role through the scope's region. Throws PrivatelinkError. */
  readonly assume: (scope: AccountScope) => Promise<RoleKeys>;
  readonly clock: Clock;
};

/** Returns the credentials of the scope's role. Throws what `assume` throws. */
export type RoleCredentials = (scope: AccountScope) => Promise<RoleKeys>;

/**
 * Credentials are renewed this long before they expire, as the SDK does (`EXPIRATION_MS` of
 * @smithy/core): a running call can finish with them.
 */
const renewedBeforeMs = 300_000;

/**
 * A session of a chained role lives at least this long (AssumeRole, `DurationSeconds`). A wrong
 * clock that shortens `Expiration` is ignored.
 */
const shortestLifeMs = 900_000;
const longestLifeMs = 3_600_000;

/**
 * A region waits this long for the call of another region. Then it makes its own call, so that no
 * region depends on the STS of another.
 */
const patienceMs = 3_000;

type Held = { readonly keys: RoleKeys; readonly lifeMs: number; readonly takenAt: Readings };
type Readings = { readonly wallMs: number; readonly monotonicMs: number };
type Refusal = { readonly error: PrivatelinkError; readonly told: Set<string> };

/**
 * The credentials of one role for all of its regions and sources; the first user fetches them. A
 * refusal applies to every scope, and a scope asks again only after it got that refusal. Any other
 * failure concerns its region alone.
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
  /** The keys, as long as they live for longer than `leftMs`. */
  const living = (leftMs = 0) => (held && ageOf(held, clock) < held.lifeMs - leftMs ? held.keys : undefined);
  /** What is known about the role, for a scope that was not told yet. */
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
    // A region with keys that still live does not need the new ones.
    if (living()) await settledWithin(asked, patienceMs, clock);
    try {
      return living() ?? (await asked);
    } finally {
      refusal?.told.add(scope.id);
    }
  };
}

/**
 * STS answered, and every region would answer the same. An explicit deny may come from a policy
 * that excepts some regions.
 */
function isRefusal(thrown: unknown): thrown is PrivatelinkError {
  return thrown instanceof PrivatelinkError && thrown.code === 'ACCESS_DENIED' && !/explicit deny/i.test(thrown.reason);
}

function readingsOf(clock: Clocks): Readings {
  return { wallMs: clock.now(), monotonicMs: clock.monotonicMs() };
}

function lifeOf({ expiration }: RoleKeys, { wallMs }: Readings): number {
  return Math.min(Math.max(expiration.getTime() - wallMs, shortestLifeMs), longestLifeMs);
}

/**
 * The larger age of both clocks: the wall clock may be set back, and the monotonic clock stops
 * while the machine sleeps.
 */
function ageOf({ takenAt }: Held, clock: Clocks): number {
  const { wallMs, monotonicMs } = readingsOf(clock);
  return Math.max(wallMs - takenAt.wallMs, monotonicMs - takenAt.monotonicMs);
}

/** Resolves when the work has settled, or the time is over. */
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
