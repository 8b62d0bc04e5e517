import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Selection } from '#config/stages';
import { messageOf } from '#core/errors';
import type { Konnect, KonnectOptions } from '#sandbox/konnect/konnect';
import { selectPlanes } from '#sync/control-planes/konnect/select';
import { signal, startStage, token } from '../../support/control-planes/konnect';
import { listenOn } from '../../support/network/servers';
import { createFakeClock } from '../../support/passes';

let konnect: Konnect;

afterEach(() => konnect.close());

type Planes = KonnectOptions['controlPlanes'];

async function start(controlPlanes: Planes, pageCap?: number): Promise<void> {
  ({ konnect } = await startStage({ controlPlanes, pageCap }));
}

function select(over: Partial<Selection> & { readonly token?: string } = {}) {
  const { token: own = token, ...selection } = over;
  const controlPlane = { type: 'konnect', address: konnect.url, token: own, concurrency: 4 } as const;
  const timing = { clock: createFakeClock(0), random: () => 0.5 };
  return selectPlanes({ select: { env: 'prod' }, stageLabel: 'stage', controlPlane, ...selection }, signal, timing);
}

/** The message of the refusal. */
async function refusalOf(selecting: Promise<unknown>, code = 'CONFIG_INVALID'): Promise<string> {
  try {
    await selecting;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code, transient: false });
    expect(messageOf(thrown)).not.toContain(token);
    return messageOf(thrown);
  }
  throw new Error('it was selected');
}

const eu = { name: 'gateway-eu', labels: { env: 'prod', stage: 'eu', team: 'a' } };
const canary = { name: 'gateway-canary', labels: { env: 'prod', stage: 'canary' } };
const lab = { name: 'gateway-lab', labels: { env: 'lab', stage: 'lab' } };
const bare = { name: 'gateway-bare' };

describe('control planes by their labels', () => {
  it("are selected if they have all labels; each gets its stage's name", async () => {
    await start([eu, lab, canary, bare]);

    await expect(select()).resolves.toEqual([
      {
        stage: 'canary',
        controlPlane: expect.objectContaining({ name: 'gateway-canary', address: konnect.url, token }),
      },
      { stage: 'eu', controlPlane: expect.objectContaining({ name: 'gateway-eu', concurrency: 4 }) },
    ]);
    await expect(select({ select: { env: 'prod', team: 'a' } })).resolves.toMatchObject([{ stage: 'eu' }]);
    await expect(select({ select: { team: 'a' }, stageLabel: 'env' })).resolves.toMatchObject([{ stage: 'prod' }]);
  });

  it("are listed with Konnect's filter, page by page", async () => {
    const many = Array.from({ length: 5 }, (_, index) => ({
      ...eu,
      name: `p${index}`,
      labels: { env: 'prod', stage: `s${index}` },
    }));
    await start([lab, ...many], 2);

    const selected = await select();

    expect(selected.map(({ stage }) => stage)).toEqual(['s0', 's1', 's2', 's3', 's4']);
    expect(konnect.calls.map(({ path }) => decodeURIComponent(path))).toEqual(
      ['', '&page[number]=2', '&page[number]=3'].map((page) =>
        expect.stringContaining(`labels=env:prod&sort=created_at${page}`),
      ),
    );
  });

  it('are listed again where Konnect fails for a moment', async () => {
    await start([eu, canary], 1);
    konnect.inject({ kind: 'status', status: 503, path: /page\[number\]=2/ });

    await expect(select()).resolves.toHaveLength(2);
    expect(konnect.calls).toHaveLength(3);
  });

  it('fm-08 are not selected in part when a page fails', async () => {
    await start([eu, canary], 1);
    konnect.inject({ kind: 'status', status: 503, path: /page\[number\]=2/, times: 100 });

    await expect(select()).rejects.toMatchObject({ code: 'CONTROL_PLANE_FAILED', transient: true });
  });

  it('are refused where no control plane has the labels', async () => {
    await start([lab, bare]);

    expect(await refusalOf(select({ select: { env: 'prod', team: 'a' } }), 'CONTROL_PLANE_UNKNOWN')).toBe(
      `controlPlanes: no control plane at ${konnect.url} that this token may see has labels env: prod, team: a; give the labels to the control planes that you mean, or correct select`,
    );
  });

  it.each<[string, Planes, string]>([
    [
      'is a group',
      [{ ...eu, clusterType: 'CLUSTER_TYPE_CONTROL_PLANE_GROUP' }],
      '"gateway-eu" has label env: prod and is a control plane group; remove the labels from it',
    ],
    [
      'is managed from Kubernetes',
      [{ ...eu, clusterType: 'CLUSTER_TYPE_K8S_INGRESS_CONTROLLER' }],
      '"gateway-eu" has label env: prod and is managed from Kubernetes; remove the labels from it',
    ],
    [
      'has no label that names its stage',
      [canary, { ...eu, labels: { env: 'prod' } }],
      '"gateway-eu" has label env: prod and no label stage; give it this label with the name of its stage, or name another label in stageLabel',
    ],
    [
      'has a label that cannot name a stage',
      [{ ...eu, labels: { env: 'prod', stage: 'a b' } }],
      '"gateway-eu" has a label stage that cannot name a stage, "a b"; give it one of letters, digits, dot, dash and underscore, at most 63, with a letter or a digit at both ends',
    ],
    [
      'has the stage of another',
      [eu, { ...canary, labels: eu.labels }],
      '"gateway-eu" and "gateway-canary" have the same value of label stage, eu; give each another value, or select fewer',
    ],
  ])('are refused where one of them %s', async (_, controlPlanes, said) => {
    await start(controlPlanes);

    expect(await refusalOf(select())).toBe(`controlPlanes: ${said}`);
  });

  it('are filtered even if a proxy drops the filter, and taken once if pages overlap', async () => {
    await start([]);
    const listed = [eu, canary, lab, eu].map((plane) => ({ id: plane.name, ...plane }));
    const body = JSON.stringify({ data: listed, meta: { page: { number: 1, size: 100, total: 4 } } });
    const proxy = createServer((_, response) => response.end(body));
    const address = `http://127.0.0.1:${await listenOn(proxy)}`;
    const controlPlane = { type: 'konnect', address, token, concurrency: 4 } as const;

    const selected = await select({ controlPlane });

    expect(selected.map(({ stage }) => stage)).toEqual(['canary', 'eu']);
    proxy.close();
    proxy.closeAllConnections();
  });

  it('match labels by their exact names', async () => {
    await start([eu]);

    expect(await refusalOf(select({ stageLabel: 'constructor' }))).toContain('no label constructor');
    expect(await refusalOf(select({ select: { constructor: 'x' } }), 'CONTROL_PLANE_UNKNOWN')).toContain(
      'no control plane',
    );
  });

  it('need a token with permission to list them, and no message shows the token', async () => {
    await start([eu]);

    const message = await refusalOf(select({ token: 'kpat_wrong' }), 'CONTROL_PLANE_AUTH');

    expect(message).not.toContain('kpat_wrong');
  });
});
