import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Document } from '../../deck/document';
import { applyChanges } from '../../sync/apply';
import type { Change } from '../../sync/changes';
import type { ControlPlane } from '../../sync/control-plane';
import { connectFile } from '../../sync/file/control-plane';
import { makePlan } from '../../sync/plan';
import { documentOf, owner, signal, startStage } from '../support/konnect';
import { createFakeClock } from '../support/passes';

type Backend = { readonly plane: ControlPlane; readonly stop: () => Promise<unknown> };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backends-'));
  path = join(folder, 'kong.yaml');
});

afterEach(() => rm(folder, { recursive: true }));

const starts: Readonly<Record<string, () => Promise<Backend>>> = {
  konnect: async () => {
    const { plane, konnect } = await startStage();
    return { plane, stop: konnect.close };
  },
  file: async () => ({ plane: connectFile({ path }, owner), stop: async () => undefined }),
};

describe.each(Object.entries(starts))('backend %s', (_, start) => {
  let backend: Backend;

  beforeEach(async () => {
    backend = await start();
  });

  afterEach(() => backend.stop());

  it('fm-16 plans nothing after it applied, the defaults of the control plane included', async () => {
    const desired = documentOf('sd2', 2);

    const results = await apply(backend.plane, desired);

    expect(results.map((one) => one.outcome)).toEqual(desired.map(() => 'applied'));
    expect(await planFor(backend.plane, desired)).toEqual([]);
  });

  it('deletes what it created, and leaves the rest', async () => {
    const desired = documentOf('sd2', 2);
    await apply(backend.plane, desired);
    const [last] = (await backend.plane.read(signal)).filter((one) => one.kind === 'target').slice(-1);
    if (!last) throw new Error('no target was written');

    await applyAll(backend.plane, [{ ...last, action: 'delete', reason: 'gone', parentId: await upstreamId(backend) }]);

    const held = await backend.plane.read(signal);
    expect(held.map((one) => one.key)).not.toContain(last.key);
    expect(held).toHaveLength(desired.length - 1);
  });
});

describe('file', () => {
  it('leaves the file alone when nothing differs', async () => {
    const plane = connectFile({ path }, owner);
    await apply(plane, documentOf('sd2', 1));
    const before = await stat(path);

    await writeAgain(plane, documentOf('sd2', 1));

    expect((await stat(path)).ino).toBe(before.ino);
    expect(await readdir(folder)).toEqual(['kong.yaml']);
  });

  it.each([
    ['no YAML', 'services: [', 'kong.yaml'],
    ['an unknown key', '_format_version: "3.0"\n_info: {select_tags: []}\nvaults: []\n', 'vaults'],
    [
      'an entity without our tags',
      '_format_version: "3.0"\n_info: {select_tags: []}\nservices: [{name: sd2, tags: [theirs]}]\n',
      'service sd2 lacks the tags',
    ],
  ])('refuses a file with %s, and keeps it', async (_, text, said) => {
    await writeFile(path, text);
    const plane = connectFile({ path }, owner);

    await expect(plane.read(signal)).rejects.toThrow(said);
    await expect(apply(plane, documentOf('sd2', 1))).rejects.toThrow('controlPlane.path');
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

async function upstreamId({ plane }: Backend): Promise<string | undefined> {
  return (await plane.read(signal)).find((one) => one.kind === 'upstream')?.id;
}

async function planFor(plane: ControlPlane, desired: Document): Promise<readonly Change[]> {
  return planOf(desired, await plane.read(signal));
}

function planOf(desired: Document, held: Awaited<ReturnType<ControlPlane['read']>>): readonly Change[] {
  const policy = { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 } as const;
  const evidence = () => ({ is: 'uncertain', reason: 'nothing was read' }) as const;
  return makePlan({ desired, held, settings: {}, evidence, policy, absences: {}, allScopesAnswered: true, nowMs: 0 })
    .changes;
}

async function apply(plane: ControlPlane, desired: Document) {
  return applyAll(plane, await planFor(plane, desired));
}

async function writeAgain(plane: ControlPlane, desired: Document) {
  return applyAll(plane, planOf(desired, []));
}

async function applyAll(controlPlane: ControlPlane, changes: readonly Change[]) {
  const clock = createFakeClock(0);
  return (await applyChanges(changes, { controlPlane, clock, concurrency: 4, signal })).results;
}
