import type { RolloutConfig } from '#config/rollout';
import { messageLineOf } from '#core/errors';
import { printable } from '#core/printable';
import type { Clock } from '#core/timing/clock';
import type { Nodes, ReadNodes } from '../../control-planes/backend';
import type { AskJson } from './ask';
import type { Sample, StageGate, Trial } from './gate';
import { createNodeWatch, type NodesSeen } from './node-watch';
import { createAgreement, readStatus, type Status } from './status-url';

export type DataPlaneGateOptions = {
  readonly mode: RolloutConfig['gates']['dataPlanes'];
  /** Undefined: the control plane does not know its data planes. */
  readonly readNodes?: ReadNodes;
  /** Status URLs of data planes that report their own configuration. */
  readonly urls: readonly string[];
  readonly ask: AskJson;
  readonly clock: Clock;
};

/** Data planes ping every 30 s, and one look takes three calls. */
const everyMs = 3_000;

/** More names help nobody. */
const mostNamed = 5;

/** Makes the gate that passes when every data plane has had the new configuration. */
export function createDataPlaneGate(options: DataPlaneGateOptions): StageGate {
  const { mode, clock } = options;
  return {
    name: 'dataPlanes',
    isOfSettling: true,
    readBefore: (signal) => hashesBefore(options, signal),
    open: ({ settleMs, before }) => {
      const openedMs = clock.monotonicMs();
      const look = openLook(options, { settleMs, before });
      return {
        everyMs,
        sample: async (signal) => {
          const seen = await look(signal);
          const isOver = clock.monotonicMs() - openedMs >= settleMs;
          const verdict = judge(seen, { isOver, settleMs });
          return mode === 'required' ? verdict : atBest(verdict, isOver);
        },
      };
    },
  };
}

/** Result of one look. */
type Seen = NodesSeen & {
  /** Why the control plane gave no answer. */
  readonly problem?: string;
  /** Why nodes gave no answer. */
  readonly silent: readonly string[];
  /** Nodes that have no hash to report. */
  readonly mute: readonly string[];
  /**
   * Where the expected hash comes from: nowhere; nodes, which all have to agree; or the control
   * plane, which knows the hash.
   */
  readonly knows: 'nobody' | 'nodes' | 'plane';
};

/**
 * Reads the hashes before the write, separated by spaces, when no control plane knows them. Right
 * after a write, nodes still agree on the old hash.
 */
async function hashesBefore(
  { readNodes, urls, ask }: DataPlaneGateOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (readNodes || urls.length === 0) return undefined;
  const statuses = await Promise.all(urls.map((url) => readStatus(url, ask, signal)));
  return statuses.flatMap((one) => (hasHash(one) ? (one.hash ?? []) : [])).join(' ');
}

type Looking = Pick<Trial, 'settleMs' | 'before'>;

function openLook({ readNodes, urls, ask, clock }: DataPlaneGateOptions, { settleMs, before }: Looking) {
  const watch = createNodeWatch(settleMs);
  const agree = createAgreement(new Set(typeof before === 'string' ? before.split(' ') : []));
  return async (signal: AbortSignal): Promise<Seen> => {
    const [listed, ...statuses] = await Promise.all([
      readListed(readNodes, signal),
      ...urls.map((url) => readStatus(url, ask, signal)),
    ]);
    const nowMs = clock.monotonicMs();
    const speaking = statuses.filter((one) => !('isMute' in one));
    const expectedHash = readNodes ? listed.expectedHash : agree(speaking, nowMs);
    const connected = [...listed.connected, ...statuses.filter(hasHash)];
    return {
      ...watch({ expectedHash, connected }, nowMs),
      problem: listed.problem,
      silent: statuses.flatMap((one) => ('problem' in one ? one.problem : [])),
      mute: statuses.flatMap((one) => ('isMute' in one ? one.name : [])),
      knows: readNodes ? 'plane' : urls.length > 0 ? 'nodes' : 'nobody',
    };
  };
}

function hasHash(status: Status): status is Extract<Status, { hash: string | undefined }> {
  return 'hash' in status;
}

async function readListed(
  readNodes: ReadNodes | undefined,
  signal: AbortSignal,
): Promise<Nodes & { readonly problem?: string }> {
  try {
    const nodes = (await readNodes?.(signal)) ?? { connected: [] };
    const isUntold = nodes.expectedHash === undefined && nodes.connected.some(({ hash }) => hash !== undefined);
    return isUntold
      ? { ...nodes, problem: 'the control plane does not say which configuration data planes should have' }
      : nodes;
  } catch (thrown) {
    signal.throwIfAborted();
    return { connected: [], problem: printable(messageLineOf(thrown)) };
  }
}

type Time = Pick<Trial, 'settleMs'> & { readonly isOver: boolean };

function judge(seen: Seen, { isOver, settleMs }: Time): Sample {
  const { right, behind, late, problem, silent, mute, knows } = seen;
  const count = right.length + behind.length + late.length;
  const aside =
    mute.length > 0 ? `; ${named(mute)} cannot be judged: nodes with a database have no configuration_hash` : '';
  const unless = isOver ? 'inconclusive' : 'pending';
  if (knows === 'nobody')
    return {
      kind: 'pass',
      said: 'this type of control plane knows nothing of its nodes, and rollout.gates.status names no url',
    };
  if (problem !== undefined) return { kind: 'inconclusive', said: problem };
  if (late.length > 0 && (knows === 'plane' || silent.length === 0)) {
    const time = settleMs > 0 ? ` after ${settleMs / 1_000} s` : '';
    return {
      kind: 'fail',
      said: `${late.length} of ${planes(count)} without the new configuration${time}: ${named(late)}; ${lateFix}`,
    };
  }
  if (silent.length > 0) return { kind: unless, said: `${named(silent)}; ${silentFix}` };
  if (behind.length > 0)
    return {
      kind: 'pending',
      said: `${behind.length} of ${planes(count)} without the new configuration: ${named(behind)}${aside}`,
    };
  if (count > 0) return { kind: 'pass', said: `${planes(count)} had the new configuration${aside}` };
  if (mute.length > 0)
    return {
      kind: 'inconclusive',
      said: `${named(mute)}: nodes with a database have no configuration_hash; ${muteFix}`,
    };
  return { kind: unless, said: `no data plane is connected; ${noneFix}` };
}

/** Turns a verdict into one that never fails: the gate waits while there is time, then passes. */
function atBest({ kind, said }: Sample, isOver: boolean): Sample {
  if (kind === 'pass') return { kind, said };
  return isOver ? { kind: 'pass', said: `${said} (dataPlanes: best-effort)` } : { kind: 'pending', said };
}

const lateFix =
  'see their logs and their connection to the control plane, or set rollout.gates.dataPlanes to best-effort';
const silentFix = 'correct rollout.gates.status, and check the way to it from this host';
const muteFix = 'remove them from rollout.gates.status, or set rollout.gates.dataPlanes to best-effort';
const noneFix = 'start a data plane, or set rollout.gates.dataPlanes to best-effort';

function planes(count: number): string {
  return count === 1 ? '1 data plane' : `${count} data planes`;
}

function named(names: readonly string[]): string {
  const others = names.length - mostNamed;
  const shown = names.slice(0, mostNamed).map((name) => printable(name.slice(0, 300)));
  return [...shown, ...(others > 0 ? [`${others} more`] : [])].join(', ');
}
