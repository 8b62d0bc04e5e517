import type { Snapshot } from '#core/model';
import { type HeldEntity, nameOf } from '#deck/document';
import type { Change } from '#sync/plan/changes';
import type { StageState } from '#sync/rollout/journal';
import { fail } from '../forms';
import type { Configuration } from './history';
import { isSomethingElse, type Parts, partsOf, textOfParts, withoutNames } from './parts';
import { configuredForm, formNow } from './via';
import { domainsIn, settingsOf } from './world';

/** What a stage should know, in terms of the model. */
export type ModelPin = {
  readonly id: string;
  /** The revision's content. For a lost revision, the content held then. */
  readonly parts: Parts;
  readonly isLost: boolean;
  /** What was taken back; absent: a person ends the pin. */
  readonly left?: Parts;
};

/** The pinned content. Without `affinity`: the content held when stateDir was lost. */
export type PinnedParts = Omit<Parts, 'affinity'> & { readonly id: string; readonly affinity?: Parts['affinity'] };

/** One pass's view before it writes. */
export type Seen = {
  readonly configuration: Configuration;
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
};

/** Every revision of any stage, by id: one id has one content. */
export type KnownParts = Map<string, Parts>;

export type StageModel = ReturnType<typeof createModel>;

/** Follows the right state of a stage from the views of its passes. */
export function createModel(known: KnownParts, isDocument: boolean) {
  let pin: ModelPin | undefined;
  let runs: Parts | undefined;
  let runsId: string | undefined;
  /** The content without a pin, which waits for no switch. */
  let newest: Parts | undefined;
  /** The same, as a pass without a pin writes it. */
  let following: Parts | undefined;
  /** Ids of entities created since the loss of stateDir, by name. */
  const created = new Map<string, string>();

  function newestOf({ configuration, snapshot, held }: Seen, isBeside: boolean): Parts {
    const { affinity, consumer, via } = configuration;
    return partsOf({
      formOf: (domain) => {
        const wanted = configuredForm(domain, via);
        return isBeside ? wanted : formNow(domain, wanted, { held, snapshot });
      },
      found: domainsIn(snapshot),
      settings: settingsOf(configuration),
      held,
      before: pin ? (isBeside ? pin.left : withoutNames(pin.left)) : runs,
      affinity,
      consumer: isDocument ? consumer : '',
    });
  }

  /** Whether the seen content changed what the pin took back. */
  function isOver(): boolean {
    return (
      pin?.left !== undefined && newest !== undefined && isSomethingElse(newest, { from: pin.left, to: pin.parts })
    );
  }

  return {
    created,
    pin: () => pin,
    /** `keptIds`: the revisions in stateDir, possibly written again. */
    pinnedTo: (keptIds: readonly string[]): PinnedParts | undefined => {
      if (!pin?.isLost) return pin && { ...pin.parts, id: pin.id };
      const parts = keptIds.includes(pin.id) ? known.get(pin.id) : undefined;
      return { ...(parts ?? { domains: pin.parts.domains, consumer: '' }), id: pin.id };
    },
    noteWrite: (change: Change) => {
      const name = nameOf(change);
      if (change.action === 'create') created.set(name, change.id);
      if (change.action === 'delete') created.delete(name);
    },
    isOver,
    isNewest: (id: string) => {
      const parts = known.get(id);
      return parts !== undefined && newest !== undefined && textOfParts(parts) === textOfParts(newest);
    },
    /** A pass has read everything. */
    see: (seen: Seen) => {
      newest = newestOf(seen, true);
      following = newestOf(seen, false);
    },
    /** A pass recorded what it will do, or has done. */
    notePass: ({ runs: id }: StageState) => {
      if (isOver()) pin = undefined;
      if (id === undefined || !following) return;
      if (!pin && id !== runsId) note(known, id, following);
      runs = pin?.isLost ? undefined : known.get(id);
      runsId = id;
    },
    /** Somebody goes back to a revision, or to the newest one (without an id). */
    noteRollback: (id: string | undefined) => {
      if (id === undefined) {
        runs = withoutNames(pin?.left) ?? runs;
        pin = undefined;
      }
      if (id !== undefined)
        pin = { id, parts: known.get(id) ?? fail(`no stage ever ran ${id}`), isLost: false, left: newest };
      if (pin) runs = pin.parts;
      runsId = id ?? runsId;
    },
    isLost: () => pin?.isLost === true,
    /** Only the control plane's own content is left. */
    noteLoss: (held: readonly HeldEntity[]) => {
      const tags = held.flatMap((one) => one.tags.filter((tag) => tag.startsWith('pinned:')));
      const [id] = tags.map((tag) => tag.slice('pinned:'.length));
      created.clear();
      runs = undefined;
      runsId = undefined;
      const parts = partsOf({ found: [], settings: {}, held, affinity: 'none', consumer: '' });
      pin = id === undefined ? undefined : { id, parts, isLost: true };
    },
  };
}

/** One id has one content. */
function note(known: KnownParts, id: string, parts: Parts): void {
  const before = known.get(id);
  if (before && textOfParts(before) !== textOfParts(parts))
    fail(`revision ${id} is ${textOfParts(before)} and ${textOfParts(parts)}`);
  known.set(id, before ?? parts);
}
