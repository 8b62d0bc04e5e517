import type { Snapshot } from '#core/model';
import { type HeldEntity, nameOf } from '#deck/document';
import type { Change } from '#sync/plan/changes';
import type { StageState } from '#sync/rollout/journal';
import { fail } from '../forms';
import type { Configuration } from './history';
import { isSomethingElse, type Parts, partsOf, textOfParts } from './parts';
import { configuredForm, formNow } from './via';
import { domainsIn, settingsOf } from './world';

/** What a stage should know, in words of its own. */
export type ModelPin = {
  readonly id: string;
  /** What the revision is; of one that was lost, what was held then. */
  readonly parts: Parts;
  readonly isLost: boolean;
  /** What was taken back; absent: a person ends the pin. */
  readonly left?: Parts;
};

/** What a stage is pinned to; without `affinity`, what it held when stateDir was lost. */
export type PinnedParts = Omit<Parts, 'affinity'> & { readonly id: string; readonly affinity?: Parts['affinity'] };

/** What one pass sees, before it writes. */
export type Seen = {
  readonly configuration: Configuration;
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
};

/** Every revision that any stage came to, by its id: one id is one content. */
export type KnownParts = Map<string, Parts>;

export type StageModel = ReturnType<typeof createModel>;

/** Follows what should become of a stage from what its passes see. */
export function createModel(known: KnownParts, isDocument: boolean) {
  let pin: ModelPin | undefined;
  let runs: Parts | undefined;
  let runsId: string | undefined;
  /** What it would run without a pin, which waits for no switch. */
  let newest: Parts | undefined;
  /** The same, as a pass that is under no pin writes it. */
  let following: Parts | undefined;
  /** Ids of the entities that the product made since stateDir was lost, by name. */
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
      before: pin ? pin.left : runs,
      affinity,
      consumer: isDocument ? consumer : '',
    });
  }

  /** Whether what the pin took back is something else by what was seen. */
  function isOver(): boolean {
    return (
      pin?.left !== undefined && newest !== undefined && isSomethingElse(newest, { from: pin.left, to: pin.parts })
    );
  }

  return {
    created,
    pin: () => pin,
    /** `keptIds`: the revisions that stateDir has, maybe again. */
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
    /** A pass wrote down what it is about to do, or has done. */
    notePass: ({ runs: id }: StageState) => {
      if (isOver()) pin = undefined;
      if (id === undefined || !following) return;
      if (!pin && id !== runsId) note(known, id, following);
      runs = pin?.isLost ? undefined : known.get(id);
      runsId = id;
    },
    /** Somebody goes back to a revision, or (without an id) to what is newest. */
    noteRollback: (id: string | undefined) => {
      if (id === undefined) {
        runs = pin?.left ?? runs;
        pin = undefined;
      }
      if (id !== undefined)
        pin = { id, parts: known.get(id) ?? fail(`no stage ever ran ${id}`), isLost: false, left: newest };
      if (pin) runs = pin.parts;
      runsId = id ?? runsId;
    },
    isLost: () => pin?.isLost === true,
    /** What the control plane says itself is all that is left. */
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

/** One id, one content. */
function note(known: KnownParts, id: string, parts: Parts): void {
  const before = known.get(id);
  if (before && textOfParts(before) !== textOfParts(parts))
    fail(`revision ${id} is ${textOfParts(before)} and ${textOfParts(parts)}`);
  known.set(id, before ?? parts);
}
