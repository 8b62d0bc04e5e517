import { checksumOf } from '#core/json';
import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import type { Confirmed, ConfirmGone } from '#discovery/confirm-gone';
import type { ContractsRead, ContractsReader } from '#discovery/contracts/reader';

/** Reads all scopes, and confirms what they do not list. */
export type Discovery = {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly confirmGone: ConfirmGone;
  /** Absent: the configuration has no `contracts`. */
  readonly readContracts?: ContractsReader['read'];
};

/** The shared discovery, as one of several stages uses it. */
export type SharedDiscovery = Discovery & {
  /**
   * Lets the next call reuse the last round while it is fresh. A retry after a stage's own failure
   * need not read AWS again.
   */
  readonly keepRound: () => void;
};

type Round = {
  readonly snapshot: Promise<Snapshot>;
  readonly confirmed: Map<string, Promise<Confirmed>>;
  /** Starts with the first stage that asks. */
  contracts?: Promise<ContractsRead>;
  endedAtMs: number;
};

export type SharingOptions = Pick<Clock, 'monotonicMs'> & {
  /**
   * Ends the rounds. The signal of one stage does not, since other stages wait for the round too.
   */
  readonly signal: AbortSignal;
  /** Milliseconds after the end of a round in which stages may still get it. */
  readonly freshMs: () => number;
  /** Called when a round begins. */
  readonly onRound?: () => void;
};

/**
 * Shares one discovery between several stages; returns the functions for each stage. A stage gets
 * each round once. Its next call begins a new round, which the other stages share if they ask in
 * time.
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
          // A stage that asks again within a kept round may have acted on its earlier answer.
          if (!had.contracts || had.contracts === hadContracts) had.contracts = readContracts(signal);
          hadContracts = had.contracts;
          return had.contracts;
        }),
      keepRound: () => {
        isKept = true;
      },
      // Stages that hold the same entities miss the same endpoints.
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
