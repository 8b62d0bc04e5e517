import { checksumOf } from '#core/json';
import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import type { Confirmed, ConfirmGone } from '#discovery/confirm-gone';
import type { ContractsRead, ContractsReader } from '#discovery/contracts/reader';

/** What reads all scopes, and asks for what they do not list. */
export type Discovery = {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly confirmGone: ConfirmGone;
  /** Absent: the configuration has no `contracts`. */
  readonly readContracts?: ContractsReader['read'];
};

/** What one of several stages has of it. */
export type SharedDiscovery = Discovery & {
  /** Lets the next call have the last round again while it is fresh: what a stage tries again after a failure of its own is no reason to read AWS anew. */
  readonly keepRound: () => void;
};

type Round = {
  readonly snapshot: Promise<Snapshot>;
  readonly confirmed: Map<string, Promise<Confirmed>>;
  /** Begins with the first stage that asks. */
  contracts?: Promise<ContractsRead>;
  endedAtMs: number;
};

export type SharingOptions = Pick<Clock, 'monotonicMs'> & {
  /** Ends the rounds; a stage's own signal does not, since others wait for them too. */
  readonly signal: AbortSignal;
  /** A round that ended longer ago is not given to anybody any more. */
  readonly freshMs: () => number;
  /** Called when a round begins. */
  readonly onRound?: () => void;
};

/**
 * One discovery for several stages: gives what each of them calls. A round is read once; a stage gets each round once, so that whoever asks again begins a
 * new one, which the others get as well if they come soon enough.
 */
export function shareDiscovery(
  { discover, confirmGone, readContracts }: Discovery,
  options: SharingOptions,
): () => SharedDiscovery {
  const { monotonicMs, signal, freshMs, onRound } = options;
  let round: Round | undefined;

  function begin(): Round {
    const begun: Round = { snapshot: discover(signal), confirmed: new Map(), endedAtMs: Infinity };
    const end = () => {
      begun.endedAtMs = monotonicMs();
    };
    begun.snapshot.then(end, end);
    round = begun;
    onRound?.();
    return begun;
  }

  return () => {
    let had: Round | undefined;
    let hadContracts: Round['contracts'];
    let isKept = false;
    return {
      discover: () => {
        const isUsed = round === had && !isKept;
        const isOld = !round || isUsed || monotonicMs() - round.endedAtMs > freshMs();
        had = isOld || !round ? begin() : round;
        isKept = false;
        return had.snapshot;
      },
      readContracts:
        readContracts &&
        ((own) => {
          if (!had) return readContracts(own);
          // Whoever asks again in a round that is kept may have acted on what it had.
          if (!had.contracts || had.contracts === hadContracts) had.contracts = readContracts(signal);
          hadContracts = had.contracts;
          return had.contracts;
        }),
      keepRound: () => {
        isKept = true;
      },
      // Stages that hold the same miss the same.
      confirmGone: (missing, own) => {
        if (missing.size === 0 || !had) return confirmGone(missing, own);
        const key = checksumOf([...missing]);
        const asked = had.confirmed.get(key) ?? confirmGone(missing, signal);
        had.confirmed.set(key, asked);
        return asked;
      },
    };
  };
}
